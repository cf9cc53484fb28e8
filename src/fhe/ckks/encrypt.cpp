#include "fhe/ckks/encrypt.hpp"

#include <utility>

#include "base/check.hpp"
#include "fhe/ring/mask_key.hpp"

namespace obscura::fhe::ckks {

Ciphertext encrypt(const ring::RingContext& ring, const PublicKey& key, const Plaintext& plaintext,
                   random::Stream& stream) {
  const params::Level level = plaintext.level();
  const bool extended = plaintext.poly().basis() == ring.basis_qp(level);
  OBSCURA_CHECK(extended || plaintext.poly().basis() == ring.basis_q(level),
                "only plaintexts modulo Q_l or Q_l P can be encrypted");
  const ring::Basis whole = ring.basis_qp(ring.params().max_level());
  OBSCURA_CHECK(key.b.basis() == whole && key.a.basis() == whole, "the public key is of another ring");
  const ring::Mask mask = ring::draw_mask(ring.degree(), stream);
  const auto mask_of = extended ? ring::mask_key : ring::mask_key_and_divide;
  ring::PolyPair masked = mask_of(ring, key.b, key.a, mask, plaintext.poly());
  return {std::move(masked.c0), std::move(masked.c1), level, plaintext.scale()};
}

}  // namespace obscura::fhe::ckks
