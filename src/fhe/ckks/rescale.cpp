#include "fhe/ckks/rescale.hpp"

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/division.hpp"

namespace obscura::fhe::ckks {

Ciphertext rescale(const ring::RingContext& ring, const Ciphertext& a) {
  OBSCURA_CHECK(!a.extended(), "an extended ciphertext is divided by P first");
  OBSCURA_CHECK(a.level() > params::Level(0), "no level is left");
  return {ring::divide_by_last_prime(ring, a.c0()), ring::divide_by_last_prime(ring, a.c1()),
          params::Level(a.level().value() - 1), a.scale().divided_by_prime(params::PrimeIndex(a.level().value()))};
}

Ciphertext drop_level(const ring::RingContext& ring, const Ciphertext& a, params::Level level) {
  OBSCURA_CHECK(!a.extended(), "an extended ciphertext is divided by P first");
  OBSCURA_CHECK(level >= params::Level(0) && level <= a.level(), "levels can be dropped, not won");
  const ring::Basis basis = ring.basis_q(level);
  return {ring::restrict_to(ring, a.c0(), basis), ring::restrict_to(ring, a.c1(), basis), level, a.scale()};
}

}  // namespace obscura::fhe::ckks
