#pragma once

#include <cstddef>
#include <optional>

#include "base/trace.hpp"
#include "fhe/boot/bootstrapper.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ckks/lower_view.hpp"

namespace obscura::fhe::boot {

/// A bootstrap under way, between whose phases (params::bootstrap_phases) keys may be exchanged, so that not all of
/// them are in memory at once. What Bootstrapper::bootstrap() says holds here; the result is the same to the last bit.
class RunningBootstrap {
 public:
  /// All arguments outlive it. `keys` has those of a phase when that runs.
  RunningBootstrap(const Bootstrapper& bootstrapper, const ckks::EvaluationKeys& keys, const ckks::Ciphertext& x,
                   const BootstrapScales& scales, base::Trace* trace = nullptr);
  RunningBootstrap(const RunningBootstrap&) = delete;
  RunningBootstrap& operator=(const RunningBootstrap&) = delete;

  /// Phases that have run; the number of the next one.
  [[nodiscard]] std::size_t phases_done() const { return done_; }
  [[nodiscard]] bool done() const { return done_ == bootstrapper_.phases_.size(); }
  void run_next();
  /// What the last phase that ran made; of the last of all, the bootstrapped ciphertext.
  [[nodiscard]] ckks::Ciphertext result() &&;

 private:
  friend class Bootstrapper;
  /// Whether EvalMod and what prepares it come next.
  [[nodiscard]] bool raised() const;
  [[nodiscard]] ckks::Ciphertext made_by(const params::BootstrapPhase& phase);

  const Bootstrapper& bootstrapper_;
  const ckks::EvaluationKeys& keys_;
  ckks::LowerView input_;
  BootstrapScales scales_;
  base::Trace* trace_;
  std::size_t done_ = 0;
  std::optional<ckks::Ciphertext> made_;        ///< by the last phase, but for the conjugation
  std::optional<ckks::Ciphertext> conjugated_;  ///< of what CoeffsToSlots made
};

}  // namespace obscura::fhe::boot
