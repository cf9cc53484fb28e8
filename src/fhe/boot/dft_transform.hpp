#pragma once

#include <vector>

#include "fhe/boot/dft_factors.hpp"
#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/bootstrap_rotations.hpp"
#include "fhe/params/index.hpp"
#include "fhe/params/scale.hpp"

namespace obscura::fhe::boot {

/// One factor of SlotsToCoeffs or CoeffsToSlots, ready to be applied at one level: its diagonals encoded modulo Q_l P,
/// those with a period condensed. Bytes: [diagonals][limbs of Q_l P][2 * period] words. Immutable.
class DftTransform {
 public:
  /// `factor` times `multiple`; `scale` is that of the diagonals. `context` must outlive it.
  /// Cost: an FFT of N/2 and an NTT per limb for each diagonal.
  DftTransform(const ckks::Context& context, const DiagonalMatrix& factor, const params::RotationPlan& plan,
               double multiple, params::Level level, const params::Scale& scale);

  /// Applies and rescales: one level lower, the scales multiplied and divided by the prime. Rotates by at most
  /// plan.babies baby steps, hoisted, and plan.giants - 1 giant ones, each a key switch.
  [[nodiscard]] ckks::Ciphertext apply(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x) const;

  /// Of the encoded diagonals.
  [[nodiscard]] double diagonal_bytes() const;

 private:
  const ckks::Context* context_;
  circuits::LinearTransform transform_;
  std::vector<ckks::Plaintext> diagonals_;
};

}  // namespace obscura::fhe::boot
