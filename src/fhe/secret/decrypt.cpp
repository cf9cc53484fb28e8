#include "fhe/secret/decrypt.hpp"

#include <utility>

#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/secret_poly.hpp"

namespace obscura::fhe::secret {

ckks::Plaintext decrypt(const ring::RingContext& ring, const SecretKey& secret, const ckks::Ciphertext& ciphertext) {
  const ring::SecretPoly s(ring::restrict_to(ring, secret.reveal_secret(), ciphertext.c1().basis()));
  ring::EvaluationPoly message = ring::multiply(ring, ciphertext.c1(), s.reveal_secret());
  ring::add_in_place(ring, message, ciphertext.c0());
  return {std::move(message), ciphertext.level(), ciphertext.scale()};
}

}  // namespace obscura::fhe::secret
