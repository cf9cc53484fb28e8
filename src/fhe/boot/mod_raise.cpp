#include "fhe/boot/mod_raise.hpp"

#include <utility>

#include "base/check.hpp"
#include "fhe/ckks/key_id.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/encapsulation.hpp"
#include "fhe/ring/key_switch.hpp"

namespace obscura::fhe::boot {

ckks::Ciphertext mod_raise(const ring::RingContext& ring, const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x,
                           params::Level level) {
  const ckks::SwitchingKey* const to_sparse = keys.find(ckks::encapsulation_key_id());
  const ckks::SwitchingKey* const to_dense = keys.find(ckks::decapsulation_key_id());
  OBSCURA_CHECK(to_sparse != nullptr && to_dense != nullptr, "a key of encapsulation is missing");
  OBSCURA_CHECK(x.level() == params::Level(0) && to_dense->level() >= level, "the levels do not fit");
  const ring::PolyPair sparse =
      ring::switch_at_bottom(ring, {ring::clone(ring, x.c0()), ring::clone(ring, x.c1())}, to_sparse->halves());
  const ring::EvaluationPoly c0 = ring::raise_modulus(ring, sparse.c0, level);
  const ring::EvaluationPoly c1 = ring::raise_modulus(ring, sparse.c1, level);
  ring::PolyPair dense = ring::switch_key(ring, c1, to_dense->halves(), {.summand0 = &c0});
  const auto q0 = params::Scale::power_of_two(0).times_prime(params::PrimeIndex(0));
  return {std::move(dense.c0), std::move(dense.c1), level, q0};
}

}  // namespace obscura::fhe::boot
