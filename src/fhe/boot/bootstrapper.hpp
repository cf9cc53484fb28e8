#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/trace.hpp"
#include "fhe/boot/dft_transform.hpp"
#include "fhe/boot/eval_mod.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/bootstrap_rotations.hpp"
#include "fhe/params/scale.hpp"

namespace obscura::fhe::boot {

/// Scales of what goes in and what comes out, and how large the values are.
struct BootstrapScales {
  params::Scale input;   ///< at bootstrap.input_level()
  params::Scale output;  ///< at bootstrap.output_level(), exactly
  /// Real and imaginary parts are at most 2^log2_range. A value v of scale S is one of v / 2^log2_range at the scale
  /// S 2^log2_range, before and after: the same words, and errors relative to the range.
  int log2_range = 0;
  friend bool operator==(const BootstrapScales&, const BootstrapScales&) = default;
};

/// Wins levels back: SlotsToCoeffs at the lowest levels, ModRaise under a sparse secret, CoeffsToSlots, EvalMod. Holds
/// the matrices, encoded; immutable, safe to use from several threads. Slots beyond 2^log_slots repeat the first ones,
/// in and out. Scales that it was not made for are a bug of the caller, and so is a missing key of bootstrap_keys().
class Bootstrapper {
 public:
  /// `context` must outlive it; `bootstrap` is made for its parameters; `scales` are those of all its bootstraps. The
  /// last matrix of SlotsToCoeffs depends on input * 2^log2_range and is held once for each; all others are held once.
  /// That matrix stands at the scale q_1 bottom_scale() / (input 2^log2_range), of at most 61 bits (ckks::Encoder).
  /// Cost: an encoding per diagonal; bytes: diagonal_bytes().
  Bootstrapper(const ckks::Context& context, const params::BootstrapParams& bootstrap,
               const std::vector<BootstrapScales>& scales);

  /// `x` is over basis_q at the input level or a higher one, at scales.input, and stays as it is. The result is at the
  /// output level and at scales.output. With literal.real the imaginary parts are dropped. `trace`: a span per matrix
  /// and per other phase, or nullptr. Cost: that of the transforms; one EvalMod for real values, else two.
  /// Where not all keys are there at once: running_bootstrap.hpp.
  [[nodiscard]] ckks::Ciphertext bootstrap(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x,
                                           const BootstrapScales& scales, base::Trace* trace = nullptr) const;

  /// Two ciphertexts of real slots in one go, as real and imaginary part: two EvalMods, everything else once. Not with
  /// literal.real. The trace names no phase of EvalMod.
  [[nodiscard]] std::pair<ckks::Ciphertext, ckks::Ciphertext> bootstrap_pair(const ckks::EvaluationKeys& keys,
                                                                             const ckks::Ciphertext& a,
                                                                             const ckks::Ciphertext& b,
                                                                             const BootstrapScales& scales,
                                                                             base::Trace* trace = nullptr) const;

  [[nodiscard]] const params::BootstrapParams& params() const { return bootstrap_; }
  /// Bytes of the encoded matrices.
  [[nodiscard]] double diagonal_bytes() const;

  /// The transforms by themselves. `x` is over basis_q at the input level, at scales.input; the result has no levels.
  [[nodiscard]] ckks::Ciphertext slots_to_coeffs(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x,
                                                 const BootstrapScales& scales) const;
  /// `x` is at the top level and the scale q_0.
  [[nodiscard]] ckks::Ciphertext coeffs_to_slots(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x) const;
  /// What it makes has the scale output * 2^log2_range: values of at most 1.
  [[nodiscard]] const EvalMod& eval_mod(const BootstrapScales& scales) const;

 private:
  /// The last matrix of SlotsToCoeffs for inputs of this scale, of values of at most 1.
  struct LastMatrix {
    params::Scale input;
    DftTransform transform;
  };
  struct Reduction {
    BootstrapScales scales;
    EvalMod eval_mod;
  };

  friend class RunningBootstrap;
  using Phase = params::BootstrapPhase;

  void make_slots_to_coeffs(const std::vector<BootstrapScales>& scales);
  void make_coeffs_to_slots();
  [[nodiscard]] const DftTransform& last_matrix(const BootstrapScales& scales) const;
  [[nodiscard]] const DftTransform& slots_to_coeffs_matrix(std::size_t number, const BootstrapScales& scales) const;
  /// What a phase before EvalMod makes of a ciphertext.
  [[nodiscard]] ckks::Ciphertext run(const Phase& phase, const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x,
                                     const BootstrapScales& scales) const;
  [[nodiscard]] ckks::Ciphertext conjugate(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& w) const;
  /// EvalMod of both halves of `w`, put together again. What it takes are slots (v / R + I) / 2 / half_width of
  /// EvalMod, real and imaginary, at eval_mod_level.
  [[nodiscard]] ckks::Ciphertext reduce_both(const ckks::EvaluationKeys& keys, const ckks::Ciphertext& w,
                                             const ckks::Ciphertext& conjugated, const BootstrapScales& scales) const;
  [[nodiscard]] ckks::Ciphertext reduce(const ckks::EvaluationKeys& keys, ckks::Ciphertext t,
                                        const BootstrapScales& scales) const;

  const ckks::Context* context_;
  params::BootstrapParams bootstrap_;
  std::vector<Phase> phases_;
  std::vector<DftTransform> slots_to_coeffs_;  ///< but for the last
  std::vector<LastMatrix> last_matrices_;
  std::vector<DftTransform> coeffs_to_slots_;
  std::vector<Reduction> reductions_;
};

}  // namespace obscura::fhe::boot
