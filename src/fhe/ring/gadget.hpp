#pragma once

#include <span>
#include <vector>

#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// The gadget digits of one polynomial modulo Q_l, each lifted to Q_l * P in evaluation order.
struct Digits {
  std::vector<EvaluationPoly> digits;  ///< [digit_count(level)], each over basis_qp(level)
};

/// ModUp: cuts `a` (modulo Q_l) into digits by params().digits() and lifts each to the centred integer that it
/// stands for modulo its primes (CenteredConversion), without touching the limbs that stay. So digit i is
/// congruent to `a` modulo each of its primes, and sum_i digit_i * g_i = a for the gadget factors g_i.
/// Cost: (l+1) inverse NTTs + digits * (limbs of QP - own limbs) forward.
[[nodiscard]] Digits decompose(const RingContext& ring, const EvaluationPoly& a);

/// Two sums over the digits: (sum_i digit_i * b_i, sum_i digit_i * a_i) over the digits' basis. Keys may be
/// over more limbs (a higher level) and have more digits: matching ones are used. With `accumulate` the sums
/// are added to out0 and out1, which must be over the digits' basis; otherwise they are overwritten, and
/// replaced when their basis differs. One sweep per limb, one reduction.
void inner_product(const RingContext& ring, const Digits& digits, std::span<const EvaluationPoly> key_b,
                   std::span<const EvaluationPoly> key_a, EvaluationPoly& out0, EvaluationPoly& out1, bool accumulate);

/// inner_product(decompose(a), ...) without storing the digits: each limb of each digit meets the key while it
/// is in cache. For one use of the digits; the same words as the two steps. Cost: those of decompose.
void decompose_and_multiply(const RingContext& ring, const EvaluationPoly& a, std::span<const EvaluationPoly> key_b,
                            std::span<const EvaluationPoly> key_a, EvaluationPoly& out0, EvaluationPoly& out1,
                            bool accumulate);

/// The same plus P * summand0 and P * summand1, both modulo Q_l: what relinearisation divides by P afterwards.
void decompose_and_multiply_plus(const RingContext& ring, const EvaluationPoly& a,
                                 std::span<const EvaluationPoly> key_b, std::span<const EvaluationPoly> key_a,
                                 const EvaluationPoly& summand0, const EvaluationPoly& summand1, EvaluationPoly& out0,
                                 EvaluationPoly& out1);

/// a += P * g_digit * factor, the gadget factor being 1 modulo the primes of the digit and 0 modulo all others:
/// the message of a switching key. Operands have the same basis, special primes included.
void add_gadget_multiple(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& factor, int digit);

}  // namespace obscura::fhe::ring
