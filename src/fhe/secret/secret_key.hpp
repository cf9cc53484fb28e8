#pragma once

#include <cstdint>
#include <vector>

#include "base/secret.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::secret {

/// The dense uniform ternary secret s. Wiped when it dies, never copied, never printed. Kept as
/// coefficients in {-1, 0, 1} and in evaluation order modulo QP.
class SecretKey {
 public:
  /// Draws s from a fresh secret seed.
  [[nodiscard]] static SecretKey generate(const ring::RingContext& ring);
  /// The same from a known seed: for key files (the seed is what they hold) and known-answer tests.
  [[nodiscard]] static SecretKey from_seed(const ring::RingContext& ring, const random::Seed256& seed);

  SecretKey(SecretKey&&) noexcept = default;
  SecretKey& operator=(SecretKey&&) noexcept = default;
  ~SecretKey();

  /// s over basis_qp(max level).
  [[nodiscard]] const ring::EvaluationPoly& reveal_secret() const { return evaluation_; }
  [[nodiscard]] const random::Seed256& reveal_secret_seed() const { return seed_; }

 private:
  SecretKey(random::Seed256 seed, ring::EvaluationPoly evaluation);
  random::Seed256 seed_;
  ring::EvaluationPoly evaluation_;
};

}  // namespace obscura::fhe::secret
