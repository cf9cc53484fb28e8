#include "compiler/compile/stated_error.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "compiler/compile/noisy_run.hpp"
#include "compiler/graph/interpret.hpp"

namespace obscura::compiler::compile {
namespace {

/// A slot's error is a product of two complex Gaussians at worst: a rounding or a digit, and the key or a fresh error.
/// The real part of such a product is Laplace-distributed, P(|e| > d sd) = exp(-sqrt(2) d); sums over several slots
/// have lighter tails. d for a probability of 2^-30.
constexpr double kBoundDeviations = 30 * std::numbers::ln2 / std::numbers::sqrt2;
constexpr std::uint64_t kSeed = 20261126;
constexpr std::size_t kFewestInputs = 2;
constexpr std::size_t kMostInputs = 8;
/// Products of slots spent on it.
constexpr double kProducts = 5e8;

// How many requests are looked at.
std::size_t request_count(const ChosenPlan& plan) {
  const double slots = std::exp2(plan.structure.log_n - 1);
  const double weights = static_cast<double>(plan.packed.weights.values.size());
  return std::clamp(static_cast<std::size_t>(kProducts / (slots * (weights + 1))), kFewestInputs, kMostInputs);
}

bool is_within(const std::vector<double>& scores, const std::vector<double>& exact, double bound) {
  for (std::size_t i = 0; i < exact.size(); ++i) {
    if (!(std::abs(scores[i] - exact[i]) <= bound)) return false;
  }
  return true;
}

}  // namespace

std::vector<place::Gain> errors_of(const ChosenPlan& plan, const fhe::params::ParamSet& params, double head_room) {
  const place::ErrorModel model(plan.packed.program, plan.observation.calibration, params, head_room);
  return model.sources(place::scale_bits_of(plan.packed.program, params));
}

double score_error_bound(const ChosenPlan& plan, const fhe::params::ParamSet& params, double head_room) {
  const place::Calibration single{plan.observation.calibration.magnitude, plan.observation.samples};
  const place::ErrorModel model(plan.packed.program, single, params, head_room);
  return kBoundDeviations * std::exp2(model.predict(place::scale_bits_of(plan.packed.program, params)).log2_sd);
}

bool keeps_its_bound(const graph::Graph& graph, const ChosenPlan& plan, const fhe::params::ParamSet& params,
                     const Inputs& inputs, double head_room, const base::Parallel& parallel) {
  const double bound = score_error_bound(plan, params, head_room);
  const std::vector<place::Gain> errors = errors_of(plan, params, head_room);
  const auto images = static_cast<std::size_t>(plan.packed.program.input_packing.images);
  const std::size_t requests = std::min(request_count(plan), (inputs.size() + images - 1) / images);
  std::vector<char> kept(requests, 0);
  parallel.for_each(requests, [&](std::size_t r) {
    const std::size_t end = inputs.size() - std::min(inputs.size() - 1, r * images);
    const std::size_t first = end - std::min(end, images);
    const auto batch = std::span(inputs).subspan(first, end - first);
    std::mt19937_64 random(kSeed + r);
    const auto scores = noisy_scores(plan.packed.program, plan.packed.weights, errors, batch, random);
    kept[r] = 1;
    for (std::size_t b = 0; b < batch.size(); ++b) {
      if (!is_within(scores[b], graph::interpret(graph, batch[b]), bound)) kept[r] = 0;
    }
  });
  return std::all_of(kept.begin(), kept.end(), [](char k) { return k == 1; });
}

}  // namespace obscura::compiler::compile
