#pragma once

#include "fhe/ring/poly.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ring {

// Division rounds to the nearest: exactly when it is by one prime; by S, a product of k > 1 primes, the result may
// be off by one where the remainder is within k^2 2^-52 S of half of S (CenteredConversion).

/// round(a / q_l), dropping the last prime of the chain. `a` has no special primes and at least two limbs.
/// Cost: 1 inverse NTT + l forward NTTs. (Cheon, Han, Kim, Kim, Song, SAC 2018, section 3.2.)
[[nodiscard]] EvaluationPoly divide_by_last_prime(const RingContext& ring, const EvaluationPoly& a);

/// ModDown: round(a / P), `a` modulo Q_l * P with all special primes; result modulo Q_l.
/// Cost: k inverse + (l+1) forward NTTs, and one base conversion k -> l+1. (Ibid., section 3.1.)
[[nodiscard]] EvaluationPoly mod_down(const RingContext& ring, const EvaluationPoly& a);

/// round(a / (P * q_l)) in one go: ModDown fused with the rescale that follows it. Cost: (k+1) inverse
/// + l forward NTTs.
[[nodiscard]] EvaluationPoly mod_down_and_rescale(const RingContext& ring, const EvaluationPoly& a);

}  // namespace obscura::fhe::ring
