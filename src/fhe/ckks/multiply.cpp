#include "fhe/ckks/multiply.hpp"

#include <cstddef>

#include "base/check.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ckks {

ProductCiphertext multiply(const ring::RingContext& ring, const Ciphertext& a, const Ciphertext& b) {
  OBSCURA_CHECK(a.level() == b.level() && a.c0().basis() == b.c0().basis(), "the factors have different levels");
  const ring::Basis basis = a.c0().basis();
  auto d0 = ring.make<ring::Domain::kEvaluation>(basis);
  auto d1 = ring.make<ring::Domain::kEvaluation>(basis);
  auto d2 = ring.make<ring::Domain::kEvaluation>(basis);
  ring::for_each_light_limb(ring, basis.limbs(), [&](int i) {
    ring.kernels().tensor(d0.limb(i).data(), d1.limb(i).data(), d2.limb(i).data(), a.c0().limb(i).data(),
                          a.c1().limb(i).data(), b.c0().limb(i).data(), b.c1().limb(i).data(),
                          static_cast<std::size_t>(ring.degree()), ring.modulus(basis, i));
  });
  return {std::move(d0), std::move(d1), std::move(d2), a.level(), a.scale() * b.scale()};
}

ProductCiphertext square(const ring::RingContext& ring, const Ciphertext& a) {
  const ring::Basis basis = a.c0().basis();
  auto d0 = ring.make<ring::Domain::kEvaluation>(basis);
  auto d1 = ring.make<ring::Domain::kEvaluation>(basis);
  auto d2 = ring.make<ring::Domain::kEvaluation>(basis);
  ring::for_each_light_limb(ring, basis.limbs(), [&](int i) {
    ring.kernels().square(d0.limb(i).data(), d1.limb(i).data(), d2.limb(i).data(), a.c0().limb(i).data(),
                          a.c1().limb(i).data(), static_cast<std::size_t>(ring.degree()), ring.modulus(basis, i));
  });
  return {std::move(d0), std::move(d1), std::move(d2), a.level(), a.scale() * a.scale()};
}

Ciphertext multiply_plain(const ring::RingContext& ring, const Ciphertext& a, const Plaintext& b) {
  OBSCURA_CHECK(a.level() == b.level(), "the factors have different levels");
  return {ring::multiply(ring, a.c0(), b.poly()), ring::multiply(ring, a.c1(), b.poly()), a.level(),
          a.scale() * b.scale()};
}

Ciphertext multiply_by_i(const ring::RingContext& ring, const Ciphertext& a, int power) {
  const unsigned quarter_turns = static_cast<unsigned>(power) & 3U;
  if (quarter_turns == 0) return clone(ring, a);
  if (quarter_turns == 2) return negate(ring, a);
  Ciphertext turned(ring::multiply_by_i(ring, a.c0()), ring::multiply_by_i(ring, a.c1()), a.level(), a.scale());
  return quarter_turns == 1 ? std::move(turned) : negate(ring, turned);
}

}  // namespace obscura::fhe::ckks
