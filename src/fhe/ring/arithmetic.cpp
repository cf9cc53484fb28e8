#include "fhe/ring/arithmetic.hpp"

#include <algorithm>
#include <utility>

#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

std::size_t size_of(const RingContext& ring) {
  return static_cast<std::size_t>(ring.degree());
}

template <Domain D>
void check_operand(const RingContext& ring, const Poly<D>& a) {
  OBSCURA_CHECK(a.degree() == ring.degree() && ring.contains(a.basis()), "the polynomial is not of this ring");
}

void check_pair(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& b) {
  check_operand(ring, a);
  check_operand(ring, b);
  OBSCURA_CHECK(a.basis() == b.basis(), "the operands have different bases");
}

using BinaryKernel = void (*)(std::uint64_t*, const std::uint64_t*, const std::uint64_t*, std::size_t,
                              const arith::Modulus&);

EvaluationPoly elementwise(const RingContext& ring, BinaryKernel kernel, const EvaluationPoly& a,
                           const EvaluationPoly& b) {
  check_pair(ring, a, b);
  auto out = ring.make<Domain::kEvaluation>(a.basis());
  for_each_light_limb(ring, a.limbs(), [&](int i) {
    kernel(out.limb(i).data(), a.limb(i).data(), b.limb(i).data(), size_of(ring), ring.modulus(a.basis(), i));
  });
  return out;
}

}  // namespace

EvaluationPoly to_evaluation(const RingContext& ring, CoefficientPoly poly) {
  check_operand(ring, poly);
  const Basis basis = poly.basis();
  for_each_task(ring, basis.limbs(),
                [&](int i) { ring.kernels().ntt_forward(poly.limb(i).data(), ring.ntt(basis, i)); });
  return {basis, ring.degree(), std::move(poly).release_storage()};
}

CoefficientPoly to_coefficient(const RingContext& ring, EvaluationPoly poly) {
  check_operand(ring, poly);
  const Basis basis = poly.basis();
  for_each_task(ring, basis.limbs(),
                [&](int i) { ring.kernels().ntt_inverse(poly.limb(i).data(), ring.ntt(basis, i)); });
  return {basis, ring.degree(), std::move(poly).release_storage()};
}

EvaluationPoly add(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& b) {
  return elementwise(ring, ring.kernels().add, a, b);
}

EvaluationPoly sub(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& b) {
  return elementwise(ring, ring.kernels().sub, a, b);
}

EvaluationPoly multiply(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& b) {
  return elementwise(ring, ring.kernels().multiply, a, b);
}

EvaluationPoly negate(const RingContext& ring, const EvaluationPoly& a) {
  check_operand(ring, a);
  auto out = ring.make<Domain::kEvaluation>(a.basis());
  for_each_light_limb(ring, a.limbs(), [&](int i) {
    ring.kernels().negate(out.limb(i).data(), a.limb(i).data(), size_of(ring), ring.modulus(a.basis(), i));
  });
  return out;
}

void add_in_place(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& b) {
  check_pair(ring, a, b);
  for_each_light_limb(ring, a.limbs(), [&](int i) {
    std::uint64_t* out = a.limb(i).data();
    ring.kernels().add(out, out, b.limb(i).data(), size_of(ring), ring.modulus(a.basis(), i));
  });
}

EvaluationPoly clone(const RingContext& ring, const EvaluationPoly& a) {
  return restrict_to(ring, a, a.basis());
}

EvaluationPoly restrict_to(const RingContext& ring, const EvaluationPoly& a, const Basis& basis) {
  check_operand(ring, a);
  OBSCURA_CHECK(ring.contains(basis) && basis.q_count <= a.basis().q_count && basis.p_count <= a.basis().p_count,
                "a polynomial can only be restricted to fewer primes");
  auto out = ring.make<Domain::kEvaluation>(basis);
  for_each_light_limb(ring, basis.limbs(), [&](int i) {
    const int from = i < basis.q_count ? i : i - basis.q_count + a.basis().q_count;
    std::ranges::copy(a.limb(from), out.limb(i).begin());
  });
  return out;
}

EvaluationPoly lift_times_p(const RingContext& ring, const EvaluationPoly& a) {
  check_operand(ring, a);
  OBSCURA_CHECK(a.basis().p_count == 0, "the operand has special primes already");
  const Basis basis = ring.basis_qp(params::Level(a.basis().q_count - 1));
  auto out = ring.make<Domain::kEvaluation>(basis);
  for_each_light_limb(ring, basis.limbs(), [&](int i) {
    if (i < basis.q_count) {
      ring.kernels().multiply_scalar(out.limb(i).data(), a.limb(i).data(), size_of(ring), ring.constants().p_mod(i),
                                     ring.modulus(basis, i));
    } else {
      std::ranges::fill(out.limb(i), 0);
    }
  });
  return out;
}

EvaluationPoly automorphism(const RingContext& ring, const EvaluationPoly& a, GaloisElement g) {
  check_operand(ring, a);
  const kernels::Permutation& permutation = ring.automorphism(g);
  auto out = ring.make<Domain::kEvaluation>(a.basis());
  for_each_light_limb(ring, a.limbs(), [&](int i) {
    ring.kernels().permute(out.limb(i).data(), a.limb(i).data(), permutation, size_of(ring));
  });
  return out;
}

EvaluationPoly multiply_by_i(const RingContext& ring, const EvaluationPoly& a) {
  check_operand(ring, a);
  auto out = ring.make<Domain::kEvaluation>(a.basis());
  const std::size_t half = size_of(ring) / 2;
  for_each_light_limb(ring, a.limbs(), [&](int i) {
    // Exponents of psi are 1 modulo 4 in the first half of the evaluation order and 3 in the second.
    const arith::Modulus& q = ring.modulus(a.basis(), i);
    const arith::ShoupFactor unit = ring.imaginary_unit(a.basis(), i);
    const arith::ShoupFactor minus_unit = arith::make_shoup(arith::neg_mod(unit.w, q), q);
    ring.kernels().multiply_scalar(out.limb(i).data(), a.limb(i).data(), half, unit, q);
    ring.kernels().multiply_scalar(out.limb(i).data() + half, a.limb(i).data() + half, half, minus_unit, q);
  });
  return out;
}

EvaluationPoly from_signed(const RingContext& ring, std::span<const std::int64_t> coefficients, const Basis& basis) {
  OBSCURA_CHECK(ring.contains(basis) && coefficients.size() == size_of(ring), "N coefficients are needed");
  auto out = ring.make<Domain::kEvaluation>(basis);
  for_each_task(ring, basis.limbs(), [&](int i) {
    std::uint64_t* limb = out.limb(i).data();
    ring.kernels().from_signed(limb, coefficients.data(), size_of(ring), ring.modulus(basis, i));
    ring.kernels().ntt_forward(limb, ring.ntt(basis, i));
  });
  return out;
}

}  // namespace obscura::fhe::ring
