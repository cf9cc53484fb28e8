#pragma once

#include "fhe/random/stream.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// A polynomial that nobody else may see: a secret key, an error, the mask of an encryption. Wiped when it
/// dies or is overwritten, so that its words do not wait in the buffer pool. Move-only.
class SecretPoly {
 public:
  explicit SecretPoly(EvaluationPoly poly) : poly_(std::move(poly)) {}
  SecretPoly(SecretPoly&&) noexcept = default;
  SecretPoly& operator=(SecretPoly&& other) noexcept;
  SecretPoly(const SecretPoly&) = delete;
  SecretPoly& operator=(const SecretPoly&) = delete;
  ~SecretPoly();

  [[nodiscard]] const EvaluationPoly& reveal_secret() const { return poly_; }
  [[nodiscard]] EvaluationPoly& reveal_secret() { return poly_; }

 private:
  void wipe();
  EvaluationPoly poly_;
};

/// A fresh error polynomial (centred binomial, sd 3.24), or a uniform ternary one, over `basis`.
/// Constant-time; the coefficients are wiped. Cost: one NTT per limb.
[[nodiscard]] SecretPoly sample_error(const RingContext& ring, const Basis& basis, random::Stream& stream);
[[nodiscard]] SecretPoly sample_ternary(const RingContext& ring, const Basis& basis, random::Stream& stream);
/// Uniform ternary of a Hamming weight (random::sparse_ternary, which says what is constant-time).
[[nodiscard]] SecretPoly sample_sparse_ternary(const RingContext& ring, const Basis& basis, int weight,
                                               random::Stream& stream);

}  // namespace obscura::fhe::ring
