#pragma once

#include <cstdint>
#include <span>

#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// Transforms every limb. Cost: one NTT per limb; parallel over limbs. The operand's storage is reused.
[[nodiscard]] EvaluationPoly to_evaluation(const RingContext& ring, CoefficientPoly poly);
[[nodiscard]] CoefficientPoly to_coefficient(const RingContext& ring, EvaluationPoly poly);

/// Element-wise; operands have the same basis. No NTT.
[[nodiscard]] EvaluationPoly add(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& b);
[[nodiscard]] EvaluationPoly sub(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& b);
[[nodiscard]] EvaluationPoly negate(const RingContext& ring, const EvaluationPoly& a);
[[nodiscard]] EvaluationPoly multiply(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& b);
void add_in_place(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& b);
[[nodiscard]] EvaluationPoly clone(const RingContext& ring, const EvaluationPoly& a);

/// The first limbs of `a`: same value modulo fewer primes. No arithmetic, one copy.
[[nodiscard]] EvaluationPoly restrict_to(const RingContext& ring, const EvaluationPoly& a, const Basis& basis);

/// P * a modulo Q_l P, for `a` modulo Q_l: what an element looks like among key switches that have not been
/// divided by P yet. The special limbs are zero.
[[nodiscard]] EvaluationPoly lift_times_p(const RingContext& ring, const EvaluationPoly& a);

/// X -> X^g. A permutation in evaluation order.
[[nodiscard]] EvaluationPoly automorphism(const RingContext& ring, const EvaluationPoly& a, GaloisElement g);

/// Multiplies by X^(N/2), which multiplies every slot by the imaginary unit; exact, adds no noise.
[[nodiscard]] EvaluationPoly multiply_by_i(const RingContext& ring, const EvaluationPoly& a);

/// Signed coefficients (|c| < 2^62) to residues, then transformed. N values.
[[nodiscard]] EvaluationPoly from_signed(const RingContext& ring, std::span<const std::int64_t> coefficients,
                                         const Basis& basis);

}  // namespace obscura::fhe::ring
