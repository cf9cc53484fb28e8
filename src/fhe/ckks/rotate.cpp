#include "fhe/ckks/rotate.hpp"

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/division.hpp"

namespace obscura::fhe::ckks {
namespace {

/// What follows the inner product: division by P, then the automorphism.
Ciphertext finish(const ring::RingContext& ring, const Ciphertext& a, ring::GaloisElement g,
                  const ring::EvaluationPoly& sum0, const ring::EvaluationPoly& sum1) {
  return {ring::mod_down_automorphism(ring, sum0, &a.c0(), g), ring::mod_down_automorphism(ring, sum1, nullptr, g),
          a.level(), a.scale()};
}

}  // namespace

Ciphertext apply_galois(const ring::RingContext& ring, const Ciphertext& a, ring::GaloisElement g,
                        const SwitchingKey& key) {
  OBSCURA_CHECK(!a.extended(), "an extended ciphertext is divided by P first");
  ring::EvaluationPoly sum0;
  ring::EvaluationPoly sum1;
  ring::decompose_and_multiply(ring, a.c1(), key.b(), key.a(), sum0, sum1, false);
  return finish(ring, a, g, sum0, sum1);
}

ring::Digits hoist(const ring::RingContext& ring, const Ciphertext& a) {
  OBSCURA_CHECK(!a.extended(), "an extended ciphertext is divided by P first");
  return ring::decompose(ring, a.c1());
}

Ciphertext apply_galois_hoisted(const ring::RingContext& ring, const Ciphertext& a, const ring::Digits& digits,
                                ring::GaloisElement g, const SwitchingKey& key) {
  ring::EvaluationPoly sum0;
  ring::EvaluationPoly sum1;
  ring::inner_product(ring, digits, key.b(), key.a(), sum0, sum1, false);
  return finish(ring, a, g, sum0, sum1);
}

}  // namespace obscura::fhe::ckks
