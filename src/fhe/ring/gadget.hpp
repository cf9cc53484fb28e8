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

/// ModUp: cuts `a` (modulo Q_l) into digits by params().digits() and lifts each (centred for one-prime
/// digits, approximate base conversion otherwise, as in Halevi, Polyakov, Shoup, CT-RSA 2019, without
/// touching the limbs that stay). Cost: (l+1) inverse NTTs + digits * (limbs of QP - own limbs) forward.
[[nodiscard]] Digits decompose(const RingContext& ring, const EvaluationPoly& a);

/// Two sums over the digits: (sum_i digit_i * b_i, sum_i digit_i * a_i) over the digits' basis. Keys may be
/// over more limbs (a higher level): matching limbs are used. With `accumulate` the sums are added to
/// out0 and out1, which must be initialised. One sweep per limb, one reduction.
void inner_product(const RingContext& ring, const Digits& digits, std::span<const EvaluationPoly> key_b,
                   std::span<const EvaluationPoly> key_a, EvaluationPoly& out0, EvaluationPoly& out1, bool accumulate);

}  // namespace obscura::fhe::ring
