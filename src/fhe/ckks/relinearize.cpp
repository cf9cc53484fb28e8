#include "fhe/ckks/relinearize.hpp"

#include <utility>

#include "base/check.hpp"
#include "fhe/ring/key_switch.hpp"

namespace obscura::fhe::ckks {

Ciphertext relinearize(const ring::RingContext& ring, const ProductCiphertext& product, const SwitchingKey& key) {
  ring::PolyPair parts =
      ring::switch_key(ring, product.d2(), key.halves(), {.summand0 = &product.d0(), .summand1 = &product.d1()});
  return {std::move(parts.c0), std::move(parts.c1), product.level(), product.scale()};
}

Ciphertext relinearize_and_rescale(const ring::RingContext& ring, const ProductCiphertext& product,
                                   const SwitchingKey& key) {
  OBSCURA_CHECK(product.level() > params::Level(0), "no level is left");
  ring::PolyPair parts = ring::switch_key(ring, product.d2(), key.halves(),
                                          {.summand0 = &product.d0(), .summand1 = &product.d1(), .rescales = true});
  return {std::move(parts.c0), std::move(parts.c1), params::Level(product.level().value() - 1),
          product.scale().divided_by_prime(params::PrimeIndex(product.level().value()))};
}

}  // namespace obscura::fhe::ckks
