#pragma once

#include "base/result.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program::detail {

/// The part of verify() about instructions and weights: operands, levels, scales, steps, single use.
/// The tables' sizes are within the limits already.
[[nodiscard]] base::Result<void> check_instructions(const Program& program, const fhe::params::ParamSet& params);

}  // namespace obscura::plan::program::detail
