#include "fhe/ckks/add.hpp"

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"

namespace obscura::fhe::ckks {
namespace {

template <class A, class B>
void check_alike(const A& a, const B& b) {
  OBSCURA_CHECK(a.level() == b.level(), "the operands have different levels");
  OBSCURA_CHECK(a.scale() == b.scale(), "the operands have different scales");
}

}  // namespace

Ciphertext add(const ring::RingContext& ring, const Ciphertext& a, const Ciphertext& b) {
  check_alike(a, b);
  return {ring::add(ring, a.c0(), b.c0()), ring::add(ring, a.c1(), b.c1()), a.level(), a.scale()};
}

Ciphertext sub(const ring::RingContext& ring, const Ciphertext& a, const Ciphertext& b) {
  check_alike(a, b);
  return {ring::sub(ring, a.c0(), b.c0()), ring::sub(ring, a.c1(), b.c1()), a.level(), a.scale()};
}

Ciphertext negate(const ring::RingContext& ring, const Ciphertext& a) {
  return {ring::negate(ring, a.c0()), ring::negate(ring, a.c1()), a.level(), a.scale()};
}

Ciphertext add_plain(const ring::RingContext& ring, const Ciphertext& a, const Plaintext& b) {
  check_alike(a, b);
  return {ring::add(ring, a.c0(), b.poly()), ring::clone(ring, a.c1()), a.level(), a.scale()};
}

Ciphertext clone(const ring::RingContext& ring, const Ciphertext& a) {
  return {ring::clone(ring, a.c0()), ring::clone(ring, a.c1()), a.level(), a.scale()};
}

}  // namespace obscura::fhe::ckks
