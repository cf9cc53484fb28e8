#pragma once

#include "fhe/circuits/detail/diagonal_sum.hpp"
#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/key_switch.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits::detail {

/// Turns the sum of each giant step back into two parts, rotates it, and adds it up, all modulo Q_l P and times
/// P, so that one division by P (and by q_l) at the end serves the whole transform.
class GiantSteps {
 public:
  GiantSteps(const ring::RingContext& ring, const ckks::EvaluationKeys& keys) : ring_(ring), keys_(keys) {}

  /// Adds rot_giant(sum). `sum` is over Q_l P and holds P times the products, or over Q_l and holds them.
  /// Cost with encrypted diagonals: giant 0 one key switch without ModDown, others two; and when over Q_l P one
  /// ModDown each for what is switched.
  void add(params::RotationStep giant, ProductSum sum);

  /// Adds the sum and rotates the total: rot_giant(total + sum). `sum` is over Q_l P and of clear diagonals. The
  /// rotation takes place when the next sum comes, to which it is added in the same sweep. Cost but for giant 0: one
  /// key switch and one ModDown, of one part.
  void add_and_rotate(params::RotationStep giant, ProductSum sum);

  /// The two parts at `level`, or one lower with `rescale`. Called once.
  [[nodiscard]] ckks::Ciphertext finish(params::Level level, const params::Scale& scale, bool rescale);
  /// The two parts undivided, over Q_l P and times P. Called once, instead.
  [[nodiscard]] ckks::Ciphertext finish_partial(params::Level level, const params::Scale& scale);

 private:
  void add_unrotated(ProductSum sum);
  void add_rotated(ring::GaloisElement g, ProductSum sum);
  void add_total(ring::EvaluationPoly t0, ring::EvaluationPoly t1);
  /// `sum` += the total as it is to be rotated, which then is no more.
  void add_pending(ring::PolyPair& sum);
  void multiply_key(const ring::EvaluationPoly& a, ckks::KeyId id, ring::EvaluationPoly& out0,
                    ring::EvaluationPoly& out1, bool accumulate) const;

  const ring::RingContext& ring_;
  const ckks::EvaluationKeys& keys_;
  ring::PolyPair total_;            ///< over Q_l P, times P; or over Q_l while nothing needed a key
  ring::GaloisElement pending_{1};  ///< what the total is still to be rotated by
};

/// What the steps add up to, over Q_l P and times P, divided by P and, with `rescale`, by the prime of `level`. `scale`
/// is that of the products.
[[nodiscard]] ckks::Ciphertext divided(const ring::RingContext& ring, const ring::PolyPair& total, params::Level level,
                                       const params::Scale& scale, bool rescale);

}  // namespace obscura::fhe::circuits::detail
