#include "fhe/secret/generate_keys.hpp"

#include <utility>

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/ring/secret_poly.hpp"
#include "fhe/secret/detail/gadget_encryption.hpp"
#include "fhe/secret/detail/zero_encryption.hpp"

namespace obscura::fhe::secret {
namespace {

/// What the key switches: s, or s^2.
ring::SecretPoly factor_of(const ring::RingContext& ring, const ring::EvaluationPoly& s, ckks::KeyKind kind) {
  return ring::SecretPoly(kind == ckks::KeyKind::kGalois ? ring::clone(ring, s) : ring::multiply(ring, s, s));
}

/// What it switches to: s, or sigma_g^-1(s).
ring::SecretPoly target_of(const ring::RingContext& ring, const ring::EvaluationPoly& s, ring::GaloisElement g) {
  if (g == ring::GaloisElement(1)) return ring::SecretPoly(ring::clone(ring, s));
  return ring::SecretPoly(ring::automorphism(ring, s, ring::galois_inverse(g, ring.params().log_n())));
}

}  // namespace

ckks::PublicKey make_public_key(const ring::RingContext& ring, const SecretKey& secret,
                                const random::Seed256& public_seed, random::Stream& error_stream) {
  ring::EvaluationPoly a = ring::uniform(ring, ring.basis_qp(ring.params().max_level()), public_seed, 0);
  ring::EvaluationPoly b = detail::encrypt_zero(ring, a, secret.reveal_secret(), error_stream);
  return {std::move(b), std::move(a), public_seed};
}

ckks::SwitchingKey make_switching_key(const ring::RingContext& ring, const SecretKey& secret, ckks::KeyId id,
                                      params::Level level, const random::Seed256& public_seed,
                                      random::Stream& error_stream) {
  OBSCURA_CHECK(level >= params::Level(0) && level <= ring.params().max_level(), "the level is outside the chain");
  OBSCURA_CHECK(id.kind <= ckks::KeyKind::kGaloisRelinearize, "keys of encapsulation are made together");
  OBSCURA_CHECK((id.kind == ckks::KeyKind::kRelinearize) == (id.galois == ring::GaloisElement(1)),
                "only a relinearisation key has no automorphism");
  const ring::SecretPoly s(ring::restrict_to(ring, secret.reveal_secret(), ring.basis_qp(level)));
  const ring::SecretPoly factor = factor_of(ring, s.reveal_secret(), id.kind);
  const ring::SecretPoly target = target_of(ring, s.reveal_secret(), id.galois);
  return detail::encrypt_gadget(ring, factor.reveal_secret(), target.reveal_secret(), level, public_seed, error_stream);
}

}  // namespace obscura::fhe::secret
