#pragma once

#include "fhe/ring/gadget.hpp"
#include "fhe/ring/galois.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

/// The two parts of a ciphertext.
struct PolyPair {
  EvaluationPoly c0;
  EvaluationPoly c1;
};

/// What a key switch adds to its result, and what happens to that.
struct SwitchEnd {
  const EvaluationPoly* summand0 = nullptr;  ///< modulo Q_l; nullptr for 0
  const EvaluationPoly* summand1 = nullptr;
  bool rescales = false;    ///< divides by q_l too, with one rounding
  GaloisElement galois{1};  ///< X -> X^galois in the end
};

/// Hybrid key switching (Han, Ki, CT-RSA 2020) of `a`, modulo Q_l, in one go: both halves of the gadget product with
/// the key plus P times the summands, divided by P (and by q_l) and rounded, under the automorphism.
/// Modulo Q_l, or Q_(l-1) when it rescales. The words of the single steps, but no sum modulo Q_l P is ever stored.
/// Cost: (l+1) inverse NTTs + digits * (limbs of QP - own limbs) forward, and for the division twice (divided primes)
/// inverse + (l+1) forward.
[[nodiscard]] PolyPair switch_key(const RingContext& ring, const EvaluationPoly& a, const GadgetKey& key,
                                  const SwitchEnd& end);

/// The same with digits from decompose(a), for several keys. Cost: that of the division.
[[nodiscard]] PolyPair switch_key(const RingContext& ring, const Digits& digits, const GadgetKey& key,
                                  const SwitchEnd& end);

/// mod_down, or mod_down_and_rescale, of two polynomials over the same basis QP.
[[nodiscard]] PolyPair divide_pair(const RingContext& ring, const PolyPair& sums, bool rescales);

}  // namespace obscura::fhe::ring
