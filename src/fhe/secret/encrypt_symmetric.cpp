#include "fhe/secret/encrypt_symmetric.hpp"

#include <utility>

#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/secret/detail/zero_encryption.hpp"

namespace obscura::fhe::secret {

ckks::SeededCiphertext encrypt_symmetric(const ring::RingContext& ring, const SecretKey& secret,
                                         const ckks::Plaintext& plaintext, const random::Seed256& public_seed,
                                         std::uint64_t index, random::Stream& error_stream) {
  const ring::EvaluationPoly a = ring::uniform(ring, plaintext.poly().basis(), public_seed, index);
  ring::EvaluationPoly c0 = detail::encrypt_zero(ring, a, secret.reveal_secret(), error_stream);
  ring::add_in_place(ring, c0, plaintext.poly());
  return {std::move(c0), public_seed, index, plaintext.level(), plaintext.scale()};
}

}  // namespace obscura::fhe::secret
