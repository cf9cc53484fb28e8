#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/secret.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// Uniform modulo every limb, drawn directly in evaluation order. The result for a smaller basis with the
/// same stream seed is a prefix rule stated in docs/formats.md: each limb has its own sub-stream, named by
/// (index, prime), so that lower levels need no higher limbs.
[[nodiscard]] EvaluationPoly uniform(const RingContext& ring, const Basis& basis, const random::Seed256& seed,
                                     std::uint64_t index);

/// N small coefficients that nobody else may see. Wiped when they die; move-only.
class SecretCoefficients {
 public:
  explicit SecretCoefficients(int degree) : bytes_(static_cast<std::size_t>(degree)) {}

  [[nodiscard]] std::span<const std::int8_t> reveal_secret() const {
    return {reinterpret_cast<const std::int8_t*>(bytes_.reveal_secret().data()), bytes_.size()};
  }
  [[nodiscard]] std::span<std::int8_t> reveal_secret() {
    return {reinterpret_cast<std::int8_t*>(bytes_.reveal_secret().data()), bytes_.size()};
  }

 private:
  base::SecretBytes bytes_;
};

/// Centred binomial error, sd 3.24, N coefficients; constant-time.
[[nodiscard]] SecretCoefficients error_coefficients(int degree, random::Stream& stream);
/// Uniform ternary, N coefficients; constant-time.
[[nodiscard]] SecretCoefficients ternary_coefficients(int degree, random::Stream& stream);
/// Uniform ternary of this Hamming weight, N coefficients.
[[nodiscard]] SecretCoefficients sparse_ternary_coefficients(int degree, int weight, random::Stream& stream);

/// Residues over `basis`, transformed. Cost: one NTT per limb.
[[nodiscard]] EvaluationPoly from_signed(const RingContext& ring, const SecretCoefficients& coefficients,
                                         const Basis& basis);

}  // namespace obscura::fhe::ring
