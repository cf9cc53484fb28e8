#include "fhe/ring/division.hpp"

#include <array>
#include <cstring>
#include <span>

#include "fhe/ring/for_each_limb.hpp"

namespace obscura::fhe::ring {
namespace {

/// The factor 1/divisor modulo q_i.
using InverseOf = const arith::ShoupFactor& (*)(const RingConstants&, int last, int i);

void check_operand(const RingContext& ring, const EvaluationPoly& a, int p_count, int min_q_count) {
  OBSCURA_CHECK(a.degree() == ring.degree() && ring.contains(a.basis()), "the polynomial is not of this ring");
  OBSCURA_CHECK(a.basis().p_count == p_count && a.basis().q_count >= min_q_count,
                "the polynomial's basis does not suit this division");
}

void to_coefficients(const RingContext& ring, std::span<std::uint64_t> out, const EvaluationPoly& a, int limb) {
  std::memcpy(out.data(), a.limb(limb).data(), out.size_bytes());
  ring.kernels().ntt_inverse(out.data(), ring.ntt(a.basis(), limb));
}

/// (a - r) * inverse modulo q_i, where `limb` holds the coefficients of the remainder r and receives
/// the result.
void finish_limb(const RingContext& ring, std::uint64_t* limb, const EvaluationPoly& a, int i,
                 const arith::ShoupFactor& inverse) {
  ring.kernels().ntt_forward(limb, ring.ntt(a.basis(), i));
  ring.kernels().subtract_multiply_scalar(limb, a.limb(i).data(), limb, static_cast<std::size_t>(ring.degree()),
                                          inverse, ring.modulus(a.basis(), i));
}

/// Limbs first .. first + count - 1 of a quotient: `remainder` writes the remainder's coefficients to limbs[0..count).
template <class Remainder>
void make_limbs(const RingContext& ring, EvaluationPoly& out, const EvaluationPoly& a, int first, int count,
                InverseOf inverse, const Remainder& remainder) {
  std::array<std::uint64_t*, kMostLimbsPerBlock> limbs{};
  for (int t = 0; t < count; ++t) limbs[static_cast<std::size_t>(t)] = out.limb(first + t).data();
  remainder(limbs.data());
  for (int i = first; i < first + count; ++i) {
    finish_limb(ring, out.limb(i).data(), a, i, inverse(ring.constants(), out.limbs(), i));
  }
}

/// Divides by the prime of limb `source`: the remainder is the exact centred one.
EvaluationPoly divide_by_one(const RingContext& ring, const EvaluationPoly& a, int source, int outputs,
                             InverseOf inverse) {
  const auto n = static_cast<std::size_t>(ring.degree());
  base::Buffer remainder = ring.pool().acquire(n);
  to_coefficients(ring, remainder.words(), a, source);
  const arith::Modulus& from = ring.modulus(a.basis(), source);
  auto out = ring.make<Domain::kEvaluation>({outputs, 0});
  for_each_task(ring, outputs, [&](int i) {
    make_limbs(ring, out, a, i, 1, inverse, [&](std::uint64_t* const* limbs) {
      ring.kernels().reduce_centered(limbs[0], remainder.data(), n, from, ring.modulus(a.basis(), i));
    });
  });
  return out;
}

/// Divides by the product of the primes that `conversion` comes from: limbs q_count, q_count + 1, ... of
/// `a` and, where the conversion has one more input, the last limb of the chain.
EvaluationPoly divide_by_many(const RingContext& ring, const EvaluationPoly& a, const CenteredConversion& conversion,
                              int outputs, InverseOf inverse) {
  const auto n = static_cast<std::size_t>(ring.degree());
  const int inputs = conversion.inputs();
  const Basis basis = a.basis();
  base::Buffer scaled = ring.pool().acquire(static_cast<std::size_t>(inputs + 1) * row_stride(ring));
  std::array<const std::uint64_t*, params::kMaxPrimes + 2> rows{};
  for (int j = 0; j <= inputs; ++j) {
    rows[static_cast<std::size_t>(j)] = scaled.data() + static_cast<std::size_t>(j) * row_stride(ring);
  }
  for_each_task(ring, inputs, [&](int j) {
    const int source = j < basis.p_count ? basis.q_count + j : basis.q_count - 1;
    const auto row = scaled.words().subspan(static_cast<std::size_t>(j) * row_stride(ring), n);
    to_coefficients(ring, row, a, source);
    ring.kernels().multiply_scalar(row.data(), row.data(), n, conversion.scale(j), ring.modulus(basis, source));
  });
  round_quotients(ring, conversion, scaled.data() + static_cast<std::size_t>(inputs) * row_stride(ring), rows.data());
  auto out = ring.make<Domain::kEvaluation>({outputs, 0});
  for_each_block(ring, outputs, [&](int first, int count) {
    make_limbs(ring, out, a, first, count, inverse, [&](std::uint64_t* const* limbs) {
      std::array<kernels::LiftTarget, kMostLimbsPerBlock> targets{};
      for (int t = 0; t < count; ++t) {
        targets[static_cast<std::size_t>(t)] = conversion.target(first + t, limbs[t], ring.modulus(basis, first + t));
      }
      ring.kernels().lift(targets.data(), static_cast<std::size_t>(count), rows.data(),
                          static_cast<std::size_t>(inputs) + 1, n);
    });
  });
  return out;
}

int special_primes(const RingContext& ring) {
  return static_cast<int>(ring.params().p().size());
}

EvaluationPoly divide_by_p(const RingContext& ring, const EvaluationPoly& a) {
  check_operand(ring, a, special_primes(ring), 1);
  const int outputs = a.basis().q_count;
  const InverseOf inverse = [](const RingConstants& constants, int, int i) -> const arith::ShoupFactor& {
    return constants.inverse_of_p(i);
  };
  if (special_primes(ring) == 1) return divide_by_one(ring, a, outputs, outputs, inverse);
  return divide_by_many(ring, a, ring.constants().from_p(), outputs, inverse);
}

}  // namespace

EvaluationPoly divide_by_last_prime(const RingContext& ring, const EvaluationPoly& a) {
  check_operand(ring, a, 0, 2);
  const int outputs = a.basis().q_count - 1;
  return divide_by_one(ring, a, outputs, outputs,
                       [](const RingConstants& constants, int last, int i) -> const arith::ShoupFactor& {
                         return constants.inverse_of_prime(last, i);
                       });
}

EvaluationPoly mod_down(const RingContext& ring, const EvaluationPoly& a) {
  return divide_by_p(ring, a);
}

EvaluationPoly mod_down_and_rescale(const RingContext& ring, const EvaluationPoly& a) {
  check_operand(ring, a, special_primes(ring), 2);
  const int outputs = a.basis().q_count - 1;
  return divide_by_many(ring, a, ring.constants().from_p_and_prime(outputs), outputs,
                        [](const RingConstants& constants, int last, int i) -> const arith::ShoupFactor& {
                          return constants.inverse_of_p_and_prime(last, i);
                        });
}

}  // namespace obscura::fhe::ring
