#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::apps::cli {

/// How images become inputs: the model's own input shape ({channels, height, width}, or {length} for plain
/// vectors) and, from the JSON file `path` ("" = none), any of scale, mean, std, bgr, resize. Unknown keys are
/// refused. Errors: kNotFound, kCorrupt, kUnsupported for shapes that are no image and no vector.
[[nodiscard]] base::Result<plan::program::InputSpec> read_input_form(std::span<const std::int64_t> dims,
                                                                     const std::string& path);

}  // namespace obscura::apps::cli
