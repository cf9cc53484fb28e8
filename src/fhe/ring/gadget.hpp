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

/// The two halves of a switching key, one polynomial per digit. They may be over more limbs (a higher level) and have
/// more digits than what they are multiplied with: matching ones are used.
struct GadgetKey {
  std::span<const EvaluationPoly> b;
  std::span<const EvaluationPoly> a;
};

/// ModUp: cuts `a` (modulo Q_l) into digits by params().digits() and lifts each to the centred integer that it
/// stands for modulo its primes (CenteredConversion), without touching the limbs that stay. So digit i is
/// congruent to `a` modulo each of its primes, and sum_i digit_i * g_i = a for the gadget factors g_i.
/// Cost: (l+1) inverse NTTs + digits * (limbs of QP - own limbs) forward.
[[nodiscard]] Digits decompose(const RingContext& ring, const EvaluationPoly& a);

/// Two sums over the digits: (sum_i digit_i * b_i, sum_i digit_i * a_i) over the digits' basis. With `accumulate` the
/// sums are added to out0 and out1, which must be over the digits' basis; otherwise they are overwritten, and
/// replaced when their basis differs. One sweep per limb, one reduction.
void inner_product(const RingContext& ring, const Digits& digits, const GadgetKey& key, EvaluationPoly& out0,
                   EvaluationPoly& out1, bool accumulate);

/// inner_product(decompose(a), ...) without storing the digits: each block of a digit meets the key while it is in
/// cache. For one use of the digits; the same words as the two steps. Cost: those of decompose.
void decompose_and_multiply(const RingContext& ring, const EvaluationPoly& a, const GadgetKey& key,
                            EvaluationPoly& out0, EvaluationPoly& out1, bool accumulate);

/// a += P * g_digit * factor, the gadget factor being 1 modulo the primes of the digit and 0 modulo all others:
/// the message of a switching key. Operands have the same basis, special primes included.
void add_gadget_multiple(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& factor, int digit);

}  // namespace obscura::fhe::ring
