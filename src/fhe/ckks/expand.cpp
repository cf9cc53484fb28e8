#include "fhe/ckks/expand.hpp"

#include <cstddef>
#include <utility>

#include "base/check.hpp"
#include "fhe/ckks/key_form.hpp"
#include "fhe/ring/sample.hpp"

namespace obscura::fhe::ckks {

Ciphertext expand(const ring::RingContext& ring, SeededCiphertext seeded) {
  ring::EvaluationPoly c1 = ring::uniform(ring, seeded.c0.basis(), seeded.seed, seeded.index);
  return {std::move(seeded.c0), std::move(c1), seeded.level, std::move(seeded.scale)};
}

SwitchingKey expand(const ring::RingContext& ring, KeyKind kind, SeededSwitchingKey seeded, params::Level level) {
  const KeyForm form = key_form(ring, kind, level);
  const auto digits = static_cast<std::size_t>(form.digits);
  OBSCURA_CHECK(seeded.b.size() >= digits, "a switching key has one half per gadget digit");
  std::vector<ring::EvaluationPoly> a;
  for (std::size_t digit = 0; digit < digits; ++digit) {
    const ring::Basis basis = seeded.b[digit].basis();
    OBSCURA_CHECK(basis.q_count >= form.basis.q_count && basis.p_count == form.basis.p_count,
                  "the halves of a switching key are over the basis of its kind");
    a.push_back(ring::uniform(ring, form.basis, seeded.seed, digit));
  }
  return {std::move(seeded.b), std::move(a), seeded.seed, level};
}

PublicKey expand_public_key(const ring::RingContext& ring, ring::EvaluationPoly b, const random::Seed256& seed) {
  OBSCURA_CHECK(b.basis() == ring.basis_qp(ring.params().max_level()), "a public key is modulo QP");
  ring::EvaluationPoly a = ring::uniform(ring, b.basis(), seed, 0);
  return {std::move(b), std::move(a), seed};
}

}  // namespace obscura::fhe::ckks
