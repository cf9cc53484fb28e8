#pragma once

#include <span>
#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Applies X -> X^g (a rotation or the conjugation of the slots). `key` is the kGalois key of g, of at least
/// this level. g = 1 needs no key: use clone(). Cost: one key switch.
[[nodiscard]] Ciphertext apply_galois(const ring::RingContext& ring, const Ciphertext& a, ring::GaloisElement g,
                                      const SwitchingKey& key);

/// ModUp of c1, shared by several rotations of one ciphertext (Halevi, Shoup, CRYPTO 2018, section 5).
[[nodiscard]] ring::Digits hoist(const ring::RingContext& ring, const Ciphertext& a);

/// One rotation from hoisted digits: inner product and ModDown only.
[[nodiscard]] Ciphertext apply_galois_hoisted(const ring::RingContext& ring, const Ciphertext& a,
                                              const ring::Digits& digits, ring::GaloisElement g,
                                              const SwitchingKey& key);

}  // namespace obscura::fhe::ckks
