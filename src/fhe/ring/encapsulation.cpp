#include "fhe/ring/encapsulation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/check.hpp"
#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

constexpr Basis kBottom{1, 0};

void check_bottom(const RingContext& ring, const EvaluationPoly& a, const Basis& basis) {
  OBSCURA_CHECK(a.degree() == ring.degree() && a.basis() == basis, "the operand has another basis");
}

std::size_t size_of(const RingContext& ring) {
  return static_cast<std::size_t>(ring.degree());
}

/// Writes to limb `to` of `out`, transformed, the centred integers that the coefficients in `row` stand for modulo limb
/// `from` of its basis.
void lift_limb(const RingContext& ring, const std::uint64_t* row, int from, EvaluationPoly& out, int to) {
  std::uint64_t* limb = out.limb(to).data();
  ring.kernels().reduce_centered(limb, row, size_of(ring), ring.modulus(out.basis(), from),
                                 ring.modulus(out.basis(), to));
  ring.kernels().ntt_forward(limb, ring.ntt(out.basis(), to));
}

base::Buffer coefficients_of(const RingContext& ring, const EvaluationPoly& a, int limb) {
  base::Buffer row = ring.pool().acquire(size_of(ring));
  std::ranges::copy(a.limb(limb), row.words().begin());
  ring.kernels().ntt_inverse(row.data(), ring.ntt(a.basis(), limb));
  return row;
}

/// round(a / p_0) modulo q_0.
EvaluationPoly divide_by_p0(const RingContext& ring, const EvaluationPoly& a) {
  const base::Buffer remainder = coefficients_of(ring, a, 1);
  auto lifted = ring.make<Domain::kEvaluation>(a.basis());
  lift_limb(ring, remainder.data(), 1, lifted, 0);
  const arith::Modulus& q0 = ring.modulus(a.basis(), 0);
  const arith::Modulus& p0 = ring.modulus(a.basis(), 1);
  const auto inverse = arith::make_shoup(arith::inv_mod(arith::reduce(p0.value(), q0), q0), q0);
  auto out = ring.make<Domain::kEvaluation>(kBottom);
  ring.kernels().subtract_multiply_scalar(out.limb(0).data(), a.limb(0).data(), lifted.limb(0).data(), size_of(ring),
                                          inverse, q0);
  return out;
}

}  // namespace

PolyPair switch_at_bottom(const RingContext& ring, const PolyPair& pair, const GadgetKey& key) {
  check_bottom(ring, pair.c0, kBottom);
  check_bottom(ring, pair.c1, kBottom);
  OBSCURA_CHECK(key.b.size() == 1 && key.a.size() == 1, "the key has one digit");
  auto digit = ring.make<Domain::kEvaluation>(encapsulation_basis());
  std::ranges::copy(pair.c1.limb(0), digit.limb(0).begin());
  const base::Buffer coefficients = coefficients_of(ring, pair.c1, 0);
  lift_limb(ring, coefficients.data(), 0, digit, 1);
  EvaluationPoly c0 = divide_by_p0(ring, multiply(ring, digit, key.b.front()));
  add_in_place(ring, c0, pair.c0);
  return {std::move(c0), divide_by_p0(ring, multiply(ring, digit, key.a.front()))};
}

void add_bottom_multiple(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& factor) {
  check_bottom(ring, a, encapsulation_basis());
  check_bottom(ring, factor, encapsulation_basis());
  const arith::Modulus& q0 = ring.modulus(a.basis(), 0);
  const auto p0 = arith::make_shoup(arith::reduce(ring.modulus(a.basis(), 1).value(), q0), q0);
  base::Buffer multiple = ring.pool().acquire(size_of(ring));
  ring.kernels().multiply_scalar(multiple.data(), factor.limb(0).data(), size_of(ring), p0, q0);
  ring.kernels().add(a.limb(0).data(), a.limb(0).data(), multiple.data(), size_of(ring), q0);
}

EvaluationPoly raise_modulus(const RingContext& ring, const EvaluationPoly& a, params::Level level) {
  check_bottom(ring, a, kBottom);
  const base::Buffer coefficients = coefficients_of(ring, a, 0);
  auto out = ring.make<Domain::kEvaluation>(ring.basis_q(level));
  std::ranges::copy(a.limb(0), out.limb(0).begin());
  for_each_task(ring, level.value(), [&](int i) { lift_limb(ring, coefficients.data(), 0, out, i + 1); });
  return out;
}

}  // namespace obscura::fhe::ring
