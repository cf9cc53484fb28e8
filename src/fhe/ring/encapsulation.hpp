#pragma once

#include "fhe/params/index.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/key_switch.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// Modulo q_0 and the first special prime p_0: what a key for the sparse secret of a bootstrap lives in, which is
/// secure at small moduli only (Bossuat, Troncoso-Pastoriza, Hubaux, eprint 2022/024).
[[nodiscard]] constexpr Basis encapsulation_basis() {
  return {1, 1};
}

/// Key switch of a pair modulo q_0 with a key of one digit modulo q_0 p_0: (c0, 0) + round(c1 * (b, a) / p_0), c1
/// lifted to [-q_0/2, q_0/2]. Cost: 3 inverse + 3 forward NTTs.
[[nodiscard]] PolyPair switch_at_bottom(const RingContext& ring, const PolyPair& pair, const GadgetKey& key);

/// a += p_0 * factor modulo q_0, unchanged modulo p_0: the message of such a key. Both over encapsulation_basis().
void add_bottom_multiple(const RingContext& ring, EvaluationPoly& a, const EvaluationPoly& factor);

/// ModRaise: the integers in [-q_0/2, q_0/2] that `a` modulo q_0 stands for, modulo q_0 ... q_level. What was a message
/// m becomes m + q_0 I with small integers I. Cost: 1 inverse + level forward NTTs.
[[nodiscard]] EvaluationPoly raise_modulus(const RingContext& ring, const EvaluationPoly& a, params::Level level);

}  // namespace obscura::fhe::ring
