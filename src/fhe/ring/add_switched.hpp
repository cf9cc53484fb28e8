#pragma once

#include "fhe/ring/gadget.hpp"
#include "fhe/ring/galois.hpp"
#include "fhe/ring/key_switch.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// sums += X -> X^g of (summand + both halves of the gadget product of `a` with the key), all modulo Q_l P and not
/// divided by P: a rotation that is added up among others. `a` is modulo Q_l, `summand` (added to the first half) and
/// `sums` are over basis_qp(l). The words of decompose_and_multiply, two sums and an automorphism, in one sweep. Cost:
/// (l+1) inverse NTTs + digits * (limbs of QP - own limbs) forward.
void add_switched(const RingContext& ring, const EvaluationPoly& a, const GadgetKey& key, const EvaluationPoly& summand,
                  GaloisElement g, PolyPair& sums);

}  // namespace obscura::fhe::ring
