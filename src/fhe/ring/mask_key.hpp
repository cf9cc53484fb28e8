#pragma once

#include "fhe/random/stream.hpp"
#include "fhe/ring/key_switch.hpp"
#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"
#include "fhe/ring/sample.hpp"

namespace obscura::fhe::ring {

/// What makes a fresh encryption of zero from a public key: a ternary factor of both halves, and an error for each.
struct Mask {
  SecretCoefficients factor;
  SecretCoefficients error0;
  SecretCoefficients error1;
};

/// Takes factor, error0 and error1 from the stream, in this order.
[[nodiscard]] Mask draw_mask(int degree, random::Stream& stream);

/// (b * factor + error0 + addend, a * factor + error1), modulo Q_l P like the addend; the key's halves b and a may be
/// modulo more primes. Cost: 3 (l+1+k) NTTs.
[[nodiscard]] PolyPair mask_key(const RingContext& ring, const EvaluationPoly& b, const EvaluationPoly& a,
                                const Mask& mask, const EvaluationPoly& addend);

/// (b * factor + error0, a * factor + error1) modulo Q_l P, divided by P and rounded (mod_down); plus the addend,
/// modulo Q_l, in the first. The words of the single steps, but an error joins the remainder of its division before
/// either is transformed, and no sum modulo Q_l P, which would reveal the addend, is ever stored. Rows that reveal the
/// mask are wiped. Cost: 3 (l+1) + k forward and 2 k inverse NTTs, and two base conversions k -> l+1.
[[nodiscard]] PolyPair mask_key_and_divide(const RingContext& ring, const EvaluationPoly& b, const EvaluationPoly& a,
                                           const Mask& mask, const EvaluationPoly& addend);

}  // namespace obscura::fhe::ring
