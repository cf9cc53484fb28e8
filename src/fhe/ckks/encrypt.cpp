#include "fhe/ckks/encrypt.hpp"

#include <cstddef>
#include <utility>

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/division.hpp"
#include "fhe/ring/for_each_limb.hpp"
#include "fhe/ring/secret_poly.hpp"

namespace obscura::fhe::ckks {
namespace {

/// half * mask + error over the mask's basis, `half` being one half of the public key.
ring::SecretPoly masked(const ring::RingContext& ring, const ring::EvaluationPoly& half,
                        const ring::EvaluationPoly& mask, random::Stream& stream) {
  const ring::Basis basis = mask.basis();
  ring::SecretPoly sum = ring::sample_error(ring, basis, stream);
  ring::for_each_light_limb(ring, basis.limbs(), [&](int i) {
    const int place = i < basis.q_count ? i : i - basis.q_count + half.basis().q_count;
    ring.kernels().multiply_add(sum.reveal_secret().limb(i).data(), half.limb(place).data(), mask.limb(i).data(),
                                static_cast<std::size_t>(ring.degree()), ring.modulus(basis, i));
  });
  return sum;
}

}  // namespace

Ciphertext encrypt(const ring::RingContext& ring, const PublicKey& key, const Plaintext& plaintext,
                   random::Stream& stream) {
  const params::Level level = plaintext.level();
  const bool extended = plaintext.poly().basis() == ring.basis_qp(level);
  OBSCURA_CHECK(extended || plaintext.poly().basis() == ring.basis_q(level),
                "only plaintexts modulo Q_l or Q_l P can be encrypted");
  const ring::Basis whole = ring.basis_qp(ring.params().max_level());
  OBSCURA_CHECK(key.b.basis() == whole && key.a.basis() == whole, "the public key is of another ring");
  const ring::SecretPoly mask = ring::sample_ternary(ring, ring.basis_qp(level), stream);
  const auto half = [&](const ring::EvaluationPoly& of_key) {
    ring::SecretPoly sum = masked(ring, of_key, mask.reveal_secret(), stream);
    return extended ? std::move(sum.reveal_secret()) : ring::mod_down(ring, sum.reveal_secret());
  };
  ring::EvaluationPoly c0 = half(key.b);
  ring::EvaluationPoly c1 = half(key.a);
  ring::add_in_place(ring, c0, plaintext.poly());
  return {std::move(c0), std::move(c1), level, plaintext.scale()};
}

}  // namespace obscura::fhe::ckks
