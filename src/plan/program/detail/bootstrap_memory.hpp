#pragma once

#include <cstdint>

#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program::detail {

/// Bytes of the matrices of all bootstraps, encoded: those of CoeffsToSlots once, and those of SlotsToCoeffs but for
/// the last, of which there is one for each scale that a bootstrap's operand has when its range counts as 1. 0 without
/// bootstraps. The program is verified.
[[nodiscard]] std::uint64_t bootstrap_matrix_bytes(const Program& program, const fhe::params::ParamSet& params);

/// What a bootstrap holds at most besides its operand, its result and the matrices: at the top of the chain, where
/// CoeffsToSlots adds up the giant steps of a matrix side by side, or the powers that EvalMod's polynomial is made of.
[[nodiscard]] std::uint64_t bootstrap_workspace(const fhe::params::BootstrapLiteral& bootstrap,
                                                const fhe::params::ParamSet& params);

}  // namespace obscura::plan::program::detail
