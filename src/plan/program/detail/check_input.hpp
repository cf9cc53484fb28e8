#pragma once

#include <string>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program::detail {

/// Names and labels reach terminals and traces: no control characters, at most kMaxNameBytes.
[[nodiscard]] bool is_name(const std::string& name);

/// The parts of verification that a data owner repeats on the form of a request. Errors: kCorrupt.
[[nodiscard]] base::Result<void> check_input_spec(const InputSpec& spec);
[[nodiscard]] base::Result<void> check_input_count(const InputPacking& packing);
[[nodiscard]] base::Result<void> check_input_packing(const InputPacking& packing, const InputSpec& spec, int slots);

}  // namespace obscura::plan::program::detail
