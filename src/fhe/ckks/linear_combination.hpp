#pragma once

#include <span>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// One summand: a real factor times a ciphertext, which outlives the call.
struct WeightedCiphertext {
  const Ciphertext* ciphertext;
  double factor;
};

/// sum of factor * ciphertext, plus `constant` in every slot, at `level` and exactly at `scale`, whatever the scales
/// of the terms: each factor becomes the integer nearest to factor * scale / (scale of its term), which is right to
/// half of one over that ratio. Terms (1..kMaxPrimes, all over basis_q) may have higher levels. No key, no rescale.
/// Cost: one multiply-accumulate sweep over all terms.
[[nodiscard]] Ciphertext linear_combination(const ring::RingContext& ring, std::span<const WeightedCiphertext> terms,
                                            double constant, params::Level level, const params::Scale& scale);

/// Adds `constant` to every slot. Cost: one sweep over c0.
[[nodiscard]] Ciphertext add_constant(const ring::RingContext& ring, Ciphertext a, double constant);

}  // namespace obscura::fhe::ckks
