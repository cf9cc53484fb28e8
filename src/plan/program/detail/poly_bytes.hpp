#pragma once

#include <cstdint>

#include "fhe/params/param_set.hpp"

namespace obscura::plan::program::detail {

/// One polynomial modulo Q_level, or Q_level * P, as 64-bit words.
[[nodiscard]] inline std::uint64_t poly_bytes(const fhe::params::ParamSet& params, fhe::params::Level level,
                                              bool extended) {
  const std::uint64_t limbs =
      static_cast<std::uint64_t>(level.value()) + 1 + (extended ? static_cast<std::uint64_t>(params.p().size()) : 0);
  return limbs * static_cast<std::uint64_t>(params.degree()) * sizeof(std::uint64_t);
}

/// The gadget digits of one polynomial.
[[nodiscard]] inline std::uint64_t digit_bytes(const fhe::params::ParamSet& params, fhe::params::Level level) {
  return static_cast<std::uint64_t>(params.digit_count(level)) * poly_bytes(params, level, true);
}

/// Digits of one polynomial and the two sums modulo QP that a key switch makes.
[[nodiscard]] inline std::uint64_t key_switch_workspace(const fhe::params::ParamSet& params, fhe::params::Level level) {
  return digit_bytes(params, level) + 2 * poly_bytes(params, level, true);
}

}  // namespace obscura::plan::program::detail
