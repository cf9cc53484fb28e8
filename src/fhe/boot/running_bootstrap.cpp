#include "fhe/boot/running_bootstrap.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "base/check.hpp"

namespace obscura::fhe::boot {
namespace {

using params::BootstrapPhase;

/// In a trace, by kind.
constexpr std::array<std::string_view, 6> kNames = {"slots to coefficients", "raise the modulus", "trace",
                                                    "coefficients to slots", "conjugate",         "reduce modulo q_0"};

}  // namespace

RunningBootstrap::RunningBootstrap(const Bootstrapper& bootstrapper, const ckks::EvaluationKeys& keys,
                                   const ckks::Ciphertext& x, const BootstrapScales& scales, base::Trace* trace)
    : bootstrapper_(bootstrapper),
      keys_(keys),
      input_(bootstrapper.context_->ring(), x, bootstrapper.params().input_level()),
      scales_(scales),
      trace_(trace) {
  OBSCURA_CHECK(x.scale() == scales.input, "the input has another scale than the bootstrap is for");
}

bool RunningBootstrap::raised() const {
  return !done() && bootstrapper_.phases_[done_].kind == BootstrapPhase::Kind::kConjugate;
}

ckks::Ciphertext RunningBootstrap::made_by(const BootstrapPhase& phase) {
  if (phase.kind != BootstrapPhase::Kind::kReduce) {
    return bootstrapper_.run(phase, keys_, made_ ? *made_ : *input_, scales_);
  }
  return bootstrapper_.reduce_both(keys_, *made_, *conjugated_, scales_);
}

void RunningBootstrap::run_next() {
  OBSCURA_CHECK(!done(), "a bootstrap has no further phase");
  const BootstrapPhase& phase = bootstrapper_.phases_[done_++];
  const base::Span span(trace_, kNames[static_cast<std::size_t>(phase.kind)]);
  auto& made = phase.kind == BootstrapPhase::Kind::kConjugate ? conjugated_ : made_;
  made = made_by(phase);
}

ckks::Ciphertext RunningBootstrap::result() && {
  OBSCURA_CHECK(made_.has_value(), "no phase of the bootstrap has run");
  return std::move(*made_);
}

}  // namespace obscura::fhe::boot
