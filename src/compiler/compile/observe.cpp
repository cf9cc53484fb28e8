#include "compiler/compile/observe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <span>

#include "compiler/compile/noisy_run.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/simulate/sensitivity.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::compile {
namespace {

namespace program = plan::program;

constexpr std::size_t kMostScores = 16;
constexpr std::size_t kFewScores = 4;
constexpr double kTolerance = 1e-8;
constexpr std::uint64_t kErrorSeed = 20261127;
/// Products of slots spent on magnitudes, and on gains (a backward run costs three forward ones), per packing.
constexpr double kMagnitudeProducts = 1.5e9;
constexpr double kGainProducts = 1.5e9;
constexpr double kCheckProducts = 5e8;

simulate::Trace run(const pack::PackedNetwork& packed, std::span<const std::vector<double>> images,
                    const simulate::Tamper& tamper) {
  return simulate::execute(packed.program, packed.weights, simulate::pack_inputs(packed.program, images), tamper);
}

/// [images][nodes][elements]
using Expected = std::vector<std::vector<std::vector<double>>>;

// Scores 0 .. count-1, or `most` of them at equal distances.
std::vector<std::size_t> watched_scores(std::size_t count, std::size_t most) {
  std::vector<std::size_t> scores(std::min(count, most));
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = i * count / scores.size();
  return scores;
}

// Products of slots in one simulated run.
double products_of(const pack::PackedNetwork& packed) {
  const double slots = std::exp2(packed.program.params.log_n - 1);
  return slots * static_cast<double>(packed.weights.values.size() + packed.program.instructions.size());
}

std::size_t affordable(double products, double each, std::size_t least, std::size_t most) {
  const auto count = static_cast<std::size_t>(products / each);
  return std::min(std::max(count, least), most);
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

std::vector<place::Gain> gains_of(const pack::PackedNetwork& packed, const simulate::Trace& trace, std::size_t score) {
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

/// Compares each node's result with the graph's and then spoils the slots that nobody may rely on.
class PoisonedRun {
 public:
  PoisonedRun(const pack::PackedNetwork& packed, const Expected& expected, std::mt19937_64& random)
      : expected_(expected), random_(random), wrong_node_(expected.front().size()) {
    for (const pack::PackedTensor& tensor : packed.tensors) {
      for (std::size_t c = 0; c < tensor.values.size(); ++c) holders_[tensor.values[c]] = {&tensor, c};
    }
  }

  void tamper(plan::program::ValueId id, simulate::Slots& slots) {
    const auto holder = holders_.find(id);
    if (holder == holders_.end()) return;
    const auto& [tensor, ciphertext] = holder->second;
    const auto& element = tensor->layout->element()[ciphertext];
    const std::size_t node = tensor->node.value();
    for (std::size_t image = 0; image < expected_.size(); ++image) tamper(image, node, element, slots);
  }

  /// The first node whose result differs, or the number of nodes.
  [[nodiscard]] std::size_t wrong_node() const { return wrong_node_; }

 private:
  // Slot s of the image's share is slot s * lanes + image of the ciphertext.
  void tamper(std::size_t image, std::size_t node, const std::vector<std::int32_t>& element, simulate::Slots& slots) {
    const std::vector<double>& values = expected_[image][node];
    const double scale = 1 + largest(values);
    std::uniform_real_distribution<double> junk(-10 * scale, 10 * scale);
    for (std::size_t s = 0; s < element.size(); ++s) {
      std::complex<double>& slot = slots[s * expected_.size() + image];
      if (element[s] == pack::kGarbage) {
        slot = {junk(random_), junk(random_)};
        continue;
      }
      const double want = values[static_cast<std::size_t>(element[s])];
      if (!(std::abs(slot.real() - want) <= kTolerance * scale)) wrong_node_ = std::min(wrong_node_, node);
    }
  }

  const Expected& expected_;
  std::mt19937_64& random_;
  std::size_t wrong_node_;
  std::map<plan::program::ValueId, std::pair<const pack::PackedTensor*, std::size_t>> holders_;
};

}  // namespace

Observation observe(const pack::PackedNetwork& packed, const Inputs& inputs, std::size_t sensitivity_inputs,
                    const base::Parallel& parallel, std::span<const place::Gain> errors) {
  const std::size_t instructions = packed.program.instructions.size();
  const double products = products_of(packed);
  const std::size_t runs = affordable(kMagnitudeProducts, products, kFewScores, inputs.size());
  std::size_t samples = std::min(sensitivity_inputs, inputs.size());
  const std::size_t per_sample = affordable(kGainProducts / static_cast<double>(std::max<std::size_t>(samples, 1)),
                                            3 * products, kFewScores, kMostScores);
  samples = affordable(kGainProducts / static_cast<double>(per_sample), 3 * products, std::min<std::size_t>(2, samples),
                       samples);
  const auto scores = watched_scores(plan::program::score_count(packed.program), per_sample);
  Observation seen;
  seen.calibration.magnitude.assign(instructions, 0);
  seen.calibration.gains.assign(scores.size(), std::vector<place::Gain>(instructions));
  std::mt19937_64 random(kErrorSeed);
  for (std::size_t n = 0; n < std::max(runs, samples); ++n) {
    const simulate::Trace trace = errors.empty()
                                      ? run(packed, {&inputs[n], 1}, {})
                                      : noisy_trace(packed.program, packed.weights, errors, {&inputs[n], 1}, random);
    raise_magnitudes(trace, seen.calibration.magnitude);
    if (n >= samples) continue;
    const std::size_t first = seen.samples.size();
    seen.samples.resize(first + scores.size());
    parallel.for_each(scores.size(), [&](std::size_t j) {
      seen.samples[first + j] = gains_of(packed, trace, scores[j]);
      add_scaled(seen.samples[first + j], 1.0 / static_cast<double>(samples), seen.calibration.gains[j]);
    });
  }
  return seen;
}

void observe_zeros(const pack::PackedNetwork& packed, Observation& observation) {
  const auto& element = packed.program.input_packing.element;
  const std::int32_t last = *std::max_element(element.begin(), element.end());
  const std::vector<double> zeros(static_cast<std::size_t>(std::max(last, 0)) + 1);
  raise_magnitudes(run(packed, {&zeros, 1}, {}), observation.calibration.magnitude);
}

base::Result<void> check_packing(const graph::Graph& graph, const pack::PackedNetwork& packed, const Inputs& inputs) {
  std::mt19937_64 random(20240607);
  const std::size_t runs = affordable(kCheckProducts, products_of(packed), 1, inputs.size());
  const auto images = static_cast<std::size_t>(packed.program.input_packing.images);
  Inputs batch(static_cast<std::size_t>(packed.program.input_packing.lanes()),
               std::vector<double>(inputs.front().size()));
  for (std::size_t n = 0; n < runs; ++n) {
    for (std::size_t b = 0; b < images; ++b) batch[b] = inputs[(n + b) % inputs.size()];
    Expected expected;
    for (const std::vector<double>& input : batch) expected.push_back(graph::interpret_all(graph, input));
    PoisonedRun poisoned(packed, expected, random);
    run(packed, batch, [&](program::ValueId id, simulate::Slots& slots) { poisoned.tamper(id, slots); });
    const std::size_t wrong = poisoned.wrong_node();
    if (wrong == graph.nodes.size()) continue;
    return base::fail(base::ErrorCode::kMismatch,
                      fmt::format("the packing of layer {} '{}' computes something else than the network", wrong,
                                  graph.nodes[wrong].name),
                      "this is a bug of the compiler; please report the model's layer sizes");
  }
  return {};
}

}  // namespace obscura::compiler::compile
