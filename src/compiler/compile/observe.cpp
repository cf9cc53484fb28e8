#include "compiler/compile/observe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "compiler/simulate/sensitivity.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::compile {
namespace {

constexpr std::size_t kMostScores = 16;
constexpr double kTolerance = 1e-8;

simulate::Trace run(const pack::PackedChain& packed, const std::vector<double>& input, const simulate::Tamper& tamper) {
  return simulate::execute(packed.program, packed.weights, simulate::pack_input(packed.program, input), tamper);
}

// Scores 0 .. count-1, or kMostScores of them at equal distances.
std::vector<std::size_t> watched_scores(std::size_t count) {
  std::vector<std::size_t> scores(std::min(count, kMostScores));
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = i * count / scores.size();
  return scores;
}

void raise_magnitudes(const simulate::Trace& trace, std::vector<double>& magnitude) {
  for (std::size_t i = 0; i < trace.size(); ++i) {
    double most = 0;
    for (const auto& value : trace[i]) most = std::max(most, std::norm(value));
    magnitude[i] = std::max(magnitude[i], std::sqrt(most));
  }
}

void add_scaled(const std::vector<place::Gain>& gains, double factor, std::vector<place::Gain>& sum) {
  for (std::size_t i = 0; i < gains.size(); ++i) {
    sum[i].result += factor * gains[i].result;
    sum[i].weight += factor * gains[i].weight;
    sum[i].baby += factor * gains[i].baby;
    sum[i].relative += factor * gains[i].relative;
  }
}

std::vector<place::Gain> gains_of(const pack::PackedChain& packed, const simulate::Trace& trace, std::size_t score) {
  std::vector<double> direction(plan::program::score_count(packed.program));
  direction[score] = 1;
  std::vector<place::Gain> gains;
  for (const simulate::SourceGain& g : simulate::sensitivity(packed.program, packed.weights, trace, direction)) {
    gains.push_back({g.result, g.weight, g.baby, g.relative});
  }
  return gains;
}

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

/// Compares each layer's result with the chain's and then spoils the slots that nobody may rely on.
class PoisonedRun {
 public:
  PoisonedRun(const pack::PackedChain& packed, const std::vector<std::vector<double>>& expected,
              std::mt19937_64& random)
      : packed_(packed), expected_(expected), random_(random) {}

  void tamper(plan::program::ValueId id, simulate::Slots& slots) {
    if (stage_ == packed_.results.size() || packed_.results[stage_].value != id) return;
    const auto elements = pack::element_map(packed_.results[stage_].layout);
    const double scale = 1 + largest(expected_[stage_]);
    std::uniform_real_distribution<double> junk(-10 * scale, 10 * scale);
    for (std::size_t s = 0; s < slots.size(); ++s) {
      if (elements[s] == pack::kGarbage) {
        slots[s] = {junk(random_), junk(random_)};
        continue;
      }
      const double want = expected_[stage_][static_cast<std::size_t>(elements[s])];
      if (!(std::abs(slots[s].real() - want) <= kTolerance * scale)) wrong_stage_ = std::min(wrong_stage_, stage_);
    }
    ++stage_;
  }

  /// The first layer whose result differs, or the number of layers.
  [[nodiscard]] std::size_t wrong_stage() const { return std::min(wrong_stage_, stage_); }

 private:
  const pack::PackedChain& packed_;
  const std::vector<std::vector<double>>& expected_;
  std::mt19937_64& random_;
  std::size_t stage_ = 0;
  std::size_t wrong_stage_ = static_cast<std::size_t>(-1);
};

}  // namespace

Observation observe(const pack::PackedChain& packed, const Inputs& inputs, std::size_t sensitivity_inputs) {
  const std::size_t instructions = packed.program.instructions.size();
  const auto scores = watched_scores(plan::program::score_count(packed.program));
  const std::size_t samples = std::min(sensitivity_inputs, inputs.size());
  Observation seen;
  seen.calibration.magnitude.assign(instructions, 0);
  seen.calibration.gains.assign(scores.size(), std::vector<place::Gain>(instructions));
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    const simulate::Trace trace = run(packed, inputs[n], {});
    raise_magnitudes(trace, seen.calibration.magnitude);
    if (n >= samples) continue;
    for (std::size_t j = 0; j < scores.size(); ++j) {
      seen.samples.push_back(gains_of(packed, trace, scores[j]));
      add_scaled(seen.samples.back(), 1.0 / static_cast<double>(samples), seen.calibration.gains[j]);
    }
  }
  return seen;
}

base::Result<void> check_packing(const graph::Chain& chain, const pack::PackedChain& packed, const Inputs& inputs) {
  std::mt19937_64 random(20240607);
  for (const std::vector<double>& input : inputs) {
    const auto expected = graph::evaluate_stages(chain, input);
    PoisonedRun poisoned(packed, expected, random);
    run(packed, input, [&](plan::program::ValueId id, simulate::Slots& slots) { poisoned.tamper(id, slots); });
    if (poisoned.wrong_stage() == chain.stages.size()) continue;
    const std::size_t wrong = poisoned.wrong_stage();
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("the packing of layer {} '{}' computes something else than the network", wrong,
                                  chain.stages[wrong].name),
                      "this is a bug of the compiler; please report the model's layer sizes");
  }
  return {};
}

}  // namespace obscura::compiler::compile
