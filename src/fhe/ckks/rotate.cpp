#include "fhe/ckks/rotate.hpp"

#include <utility>

#include "base/check.hpp"
#include "fhe/ring/key_switch.hpp"

namespace obscura::fhe::ckks {
namespace {

Ciphertext with_parts(const Ciphertext& a, ring::PolyPair parts) {
  return {std::move(parts.c0), std::move(parts.c1), a.level(), a.scale()};
}

}  // namespace

Ciphertext apply_galois(const ring::RingContext& ring, const Ciphertext& a, ring::GaloisElement g,
                        const SwitchingKey& key) {
  OBSCURA_CHECK(!a.extended(), "an extended ciphertext is divided by P first");
  return with_parts(a, ring::switch_key(ring, a.c1(), key.halves(), {.summand0 = &a.c0(), .galois = g}));
}

ring::Digits hoist(const ring::RingContext& ring, const Ciphertext& a) {
  OBSCURA_CHECK(!a.extended(), "an extended ciphertext is divided by P first");
  return ring::decompose(ring, a.c1());
}

Ciphertext apply_galois_hoisted(const ring::RingContext& ring, const Ciphertext& a, const ring::Digits& digits,
                                ring::GaloisElement g, const SwitchingKey& key) {
  return with_parts(a, ring::switch_key(ring, digits, key.halves(), {.summand0 = &a.c0(), .galois = g}));
}

}  // namespace obscura::fhe::ckks
