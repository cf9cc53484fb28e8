#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fhe/random/stream.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// Uniform modulo every limb, drawn directly in evaluation order. The result for a smaller basis with the
/// same stream seed is a prefix rule stated in docs/formats.md: each limb has its own sub-stream, named by
/// (index, prime), so that lower levels need no higher limbs.
[[nodiscard]] EvaluationPoly uniform(const RingContext& ring, const Basis& basis, const random::Seed256& seed,
                                     std::uint64_t index);

/// Centred binomial error, sd 3.24, N coefficients; constant-time.
[[nodiscard]] std::vector<std::int64_t> error_coefficients(int degree, random::Stream& stream);
/// Uniform ternary, N coefficients; constant-time.
[[nodiscard]] std::vector<std::int64_t> ternary_coefficients(int degree, random::Stream& stream);

}  // namespace obscura::fhe::ring
