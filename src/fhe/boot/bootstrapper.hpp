#pragma once

#include <utility>
#include <vector>

#include "base/trace.hpp"
#include "fhe/boot/dft_transform.hpp"
#include "fhe/boot/eval_mod.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/scale.hpp"

namespace obscura::fhe::boot {

/// Scales of what goes in and what comes out.
struct BootstrapScales {
  params::Scale input;   ///< at bootstrap.input_level()
  params::Scale output;  ///< at bootstrap.output_level(), exactly
};

/// Wins levels back: SlotsToCoeffs at the lowest levels, ModRaise under a sparse secret, CoeffsToSlots, EvalMod. Holds
/// the matrices, encoded; immutable, safe to use from several threads. Values are bounded as BootstrapParams says;
/// slots beyond 2^log_slots repeat the first ones, in and out.
class Bootstrapper {
 public:
  /// `context` must outlive it; `bootstrap` is made for its parameters. Cost: an encoding per diagonal; bytes:
  /// diagonal_bytes().
  Bootstrapper(const ckks::Context& context, const params::BootstrapParams& bootstrap, const BootstrapScales& scales);

  /// `x` is over basis_q at the input level or a higher one, at scales.input, and stays as it is. The result is at the
  /// output level and scale. With literal.real the imaginary parts are dropped. `keys` holds bootstrap_keys(); a
  /// missing one is a bug of the caller. `trace`: a span per phase, or nullptr. Cost: that of the transforms; one
  /// EvalMod for real values, else two.
  [[nodiscard]] ckks::Ciphertext bootstrap(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x,
                                           base::Trace* trace = nullptr) const;

  /// Two ciphertexts of real slots in one go, as real and imaginary part: two EvalMods, everything else once. Not with
  /// literal.real.
  [[nodiscard]] std::pair<ckks::Ciphertext, ckks::Ciphertext> bootstrap_pair(const ckks::EvaluationKeys& keys,
                                                                             const ckks::Ciphertext& a,
                                                                             const ckks::Ciphertext& b,
                                                                             base::Trace* trace = nullptr) const;

  [[nodiscard]] const params::BootstrapParams& params() const { return bootstrap_; }
  [[nodiscard]] const std::vector<DftTransform>& slots_to_coeffs() const { return slots_to_coeffs_; }
  [[nodiscard]] const std::vector<DftTransform>& coeffs_to_slots() const { return coeffs_to_slots_; }
  [[nodiscard]] const EvalMod& eval_mod() const { return eval_mod_; }
  /// Bytes of the encoded matrices.
  [[nodiscard]] double diagonal_bytes() const;

 private:
  /// Slots (v / R + I) / 2 / half_width of EvalMod, real and imaginary, at eval_mod_level.
  [[nodiscard]] ckks::Ciphertext raise(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x,
                                       base::Trace* trace) const;
  [[nodiscard]] ckks::Ciphertext conjugate(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& w,
                                           base::Trace* trace) const;
  [[nodiscard]] ckks::Ciphertext reduce(const ckks::EvaluationKeys& keys, ckks::Ciphertext t, base::Trace* trace) const;

  const ckks::Context* context_;
  params::BootstrapParams bootstrap_;
  BootstrapScales scales_;
  EvalMod eval_mod_;
  std::vector<DftTransform> slots_to_coeffs_;
  std::vector<DftTransform> coeffs_to_slots_;
};

}  // namespace obscura::fhe::boot
