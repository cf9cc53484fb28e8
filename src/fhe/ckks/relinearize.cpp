#include "fhe/ckks/relinearize.hpp"

#include <utility>

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/division.hpp"
#include "fhe/ring/gadget.hpp"

namespace obscura::fhe::ckks {

Ciphertext relinearize(const ring::RingContext& ring, const ProductCiphertext& product, const SwitchingKey& key) {
  ring::EvaluationPoly sum0;
  ring::EvaluationPoly sum1;
  ring::decompose_and_multiply(ring, product.d2(), key.b(), key.a(), sum0, sum1, false);
  ring::EvaluationPoly c0 = ring::mod_down(ring, sum0);
  ring::EvaluationPoly c1 = ring::mod_down(ring, sum1);
  ring::add_in_place(ring, c0, product.d0());
  ring::add_in_place(ring, c1, product.d1());
  return {std::move(c0), std::move(c1), product.level(), product.scale()};
}

Ciphertext relinearize_and_rescale(const ring::RingContext& ring, const ProductCiphertext& product,
                                   const SwitchingKey& key) {
  OBSCURA_CHECK(product.level() > params::Level(0), "no level is left");
  ring::EvaluationPoly sum0;
  ring::EvaluationPoly sum1;
  ring::decompose_and_multiply_plus(ring, product.d2(), key.b(), key.a(), product.d0(), product.d1(), sum0, sum1);
  return {ring::mod_down_and_rescale(ring, sum0), ring::mod_down_and_rescale(ring, sum1),
          params::Level(product.level().value() - 1),
          product.scale().divided_by_prime(params::PrimeIndex(product.level().value()))};
}

}  // namespace obscura::fhe::ckks
