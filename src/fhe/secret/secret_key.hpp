#pragma once

#include "fhe/random/seed.hpp"
#include "fhe/ring/ring_context.hpp"
#include "fhe/ring/secret_poly.hpp"

namespace obscura::fhe::secret {

/// The dense uniform ternary secret s, in evaluation order modulo QP, and the seed that names it. Wiped when
/// it dies, never copied, never printed.
class SecretKey {
 public:
  /// Draws s from a fresh seed of the operating system.
  [[nodiscard]] static SecretKey generate(const ring::RingContext& ring);
  /// The same from a known seed: for key files (the seed is what they hold) and known-answer tests.
  [[nodiscard]] static SecretKey from_seed(const ring::RingContext& ring, const random::Seed256& seed);

  /// s over basis_qp(max level).
  [[nodiscard]] const ring::EvaluationPoly& reveal_secret() const { return evaluation_.reveal_secret(); }
  [[nodiscard]] const random::Seed256& reveal_secret_seed() const { return seed_; }

 private:
  SecretKey(const random::Seed256& seed, ring::SecretPoly evaluation);
  random::Seed256 seed_;  // wipes itself
  ring::SecretPoly evaluation_;
};

}  // namespace obscura::fhe::secret
