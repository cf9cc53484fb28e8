#include "fhe/ckks/linear_combination.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/check.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ckks {
namespace {

/// An integer that a double holds, modulo q. Exact for doubles of any size.
std::uint64_t residue_of(double integer, const arith::Modulus& q) {
  constexpr int kMantissaBits = 53;
  int exponent = 0;
  const double fraction = std::frexp(std::abs(integer), &exponent);
  const int shift = exponent - kMantissaBits;
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, kMantissaBits + std::min(shift, 0)));
  std::uint64_t residue = arith::reduce(mantissa, q);
  const std::uint64_t two = arith::reduce(2, q);
  for (int i = 0; i < shift; ++i) residue = arith::mul_mod(residue, two, q);
  return integer < 0 ? arith::neg_mod(residue, q) : residue;
}

void add_constant_to(const ring::RingContext& ring, ring::EvaluationPoly& c0, double integer) {
  if (integer == 0) return;
  const auto n = static_cast<std::size_t>(ring.degree());
  base::Buffer same = ring.pool().acquire(n);
  for (int i = 0; i < c0.limbs(); ++i) {
    const arith::Modulus& q = ring.modulus(c0.basis(), i);
    std::fill_n(same.data(), n, residue_of(integer, q));
    ring.kernels().add(c0.limb(i).data(), c0.limb(i).data(), same.data(), n, q);
  }
}

}  // namespace

Ciphertext linear_combination(const ring::RingContext& ring, std::span<const WeightedCiphertext> terms, double constant,
                              params::Level level, const params::Scale& scale) {
  OBSCURA_CHECK(!terms.empty() && terms.size() <= params::kMaxPrimes, "a linear combination has 1..kMaxPrimes terms");
  std::array<double, params::kMaxPrimes> integers{};
  for (std::size_t t = 0; t < terms.size(); ++t) {
    OBSCURA_CHECK(terms[t].ciphertext->level() >= level && !terms[t].ciphertext->extended(),
                  "a term has fewer levels than the sum");
    integers[t] = std::nearbyint(terms[t].factor * (scale / terms[t].ciphertext->scale()).value(ring.params()));
  }
  const ring::Basis basis = ring.basis_q(level);
  auto c0 = ring.make<ring::Domain::kEvaluation>(basis);
  auto c1 = ring.make<ring::Domain::kEvaluation>(basis);
  const auto n = static_cast<std::size_t>(ring.degree());
  ring::for_each_light_limb(ring, basis.limbs(), [&](int i) {
    const arith::Modulus& q = ring.modulus(basis, i);
    std::array<std::uint64_t, params::kMaxPrimes> factors{};
    std::array<const std::uint64_t*, params::kMaxPrimes> rows0{};
    std::array<const std::uint64_t*, params::kMaxPrimes> rows1{};
    for (std::size_t t = 0; t < terms.size(); ++t) {
      factors[t] = residue_of(integers[t], q);
      rows0[t] = terms[t].ciphertext->c0().limb(i).data();
      rows1[t] = terms[t].ciphertext->c1().limb(i).data();
    }
    const kernels::ConversionTarget sum0{c0.limb(i).data(), factors.data(), &q};
    const kernels::ConversionTarget sum1{c1.limb(i).data(), factors.data(), &q};
    ring.kernels().base_convert(&sum0, 1, rows0.data(), terms.size(), n);
    ring.kernels().base_convert(&sum1, 1, rows1.data(), terms.size(), n);
  });
  add_constant_to(ring, c0, std::nearbyint(constant * scale.value(ring.params())));
  return {std::move(c0), std::move(c1), level, scale};
}

Ciphertext add_constant(const ring::RingContext& ring, Ciphertext a, double constant) {
  const double integer = std::nearbyint(constant * a.scale().value(ring.params()));
  const params::Level level = a.level();
  const params::Scale scale = a.scale();
  auto [c0, c1] = std::move(a).release();
  add_constant_to(ring, c0, integer);
  return {std::move(c0), std::move(c1), level, scale};
}

}  // namespace obscura::fhe::ckks
