#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program::detail {

/// Whether all ciphertexts that a program takes have one level and scale, as those of a request do.
enum class Inputs : std::uint8_t { kAlike, kEachItsOwn };

/// The part of verify() about instructions and weights: operands, levels, scales, steps, single use.
/// The tables' sizes are within the limits already.
[[nodiscard]] base::Result<void> check_instructions(const Program& program, const fhe::params::ParamSet& params,
                                                    Inputs inputs);

}  // namespace obscura::plan::program::detail
