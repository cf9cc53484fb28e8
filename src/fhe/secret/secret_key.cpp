#include "fhe/secret/secret_key.hpp"

#include <utility>

#include "fhe/random/stream.hpp"

namespace obscura::fhe::secret {

SecretKey::SecretKey(const random::Seed256& seed, ring::SecretPoly evaluation)
    : seed_(seed), evaluation_(std::move(evaluation)) {}

SecretKey SecretKey::generate(const ring::RingContext& ring) {
  return from_seed(ring, random::random_seed());
}

SecretKey SecretKey::from_seed(const ring::RingContext& ring, const random::Seed256& seed) {
  random::Stream stream(seed, random::Domain::kSecretKey, 0);
  return {seed, ring::sample_ternary(ring, ring.basis_qp(ring.params().max_level()), stream)};
}

}  // namespace obscura::fhe::secret
