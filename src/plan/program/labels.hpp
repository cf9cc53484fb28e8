#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace obscura::plan::program {

/// Class names in the order of the outputs, as .plan and .spec carry them. Not part of a program: a worker
/// never sees them.
[[nodiscard]] std::vector<std::uint8_t> serialize_labels(std::span<const std::string> labels);

/// `outputs`: number of scores of the program. There are as many labels, or none. Errors: kCorrupt, also for
/// names that are not printable.
[[nodiscard]] base::Result<std::vector<std::string>> parse_labels(std::span<const std::uint8_t> bytes,
                                                                  std::size_t outputs);

/// What parse_labels() checks, for labels that a user gave. Error: kUsage.
[[nodiscard]] base::Result<void> check_labels(std::span<const std::string> labels, std::size_t outputs);

}  // namespace obscura::plan::program
