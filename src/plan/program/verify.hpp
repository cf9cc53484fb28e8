#pragma once

#include "base/result.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// Builds the parameter set the program names, secure or loudly insecure.
[[nodiscard]] base::Result<fhe::params::ParamSet> make_params(const Program& program);

/// Checks everything an executor relies on: operands defined before use, levels and scales of every result
/// exactly as the operation yields them, weights at the level, scale and basis of their use and each used
/// once, input indices dense, rotation steps within the slots, key_needs equal to derive_key_needs(),
/// packing and output slots in range, finite statements. Errors: kCorrupt with the instruction's number.
/// A program from outside is parsed, then verified, then used.
[[nodiscard]] base::Result<void> verify(const Program& program);

/// The switching keys that the instructions use, each at its highest level of use, sorted by kind and step.
[[nodiscard]] std::vector<KeyNeed> derive_key_needs(const Program& program);

}  // namespace obscura::plan::program
