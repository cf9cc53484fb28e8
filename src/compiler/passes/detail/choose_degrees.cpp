#include "compiler/passes/detail/choose_degrees.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "compiler/graph/final_ops.hpp"

namespace obscura::compiler::passes::detail {
namespace {

using graph::Batch;
using graph::ValueId;
using Degrees = std::vector<std::size_t>;

// Multiply-adds that one round of the search may take, and the inputs it never goes below.
constexpr double kRoundWork = 2e10;
constexpr std::size_t kFewestInputs = 96;
// A higher degree has to lower the scores' error by this factor at least.
constexpr double kLeastGain = 0.995;
// Of many activations, one in eight is raised at a time.
constexpr std::size_t kRaisedAtOnce = 8;

/// Inputs for fitting come first, those held back behind them: every third, or the last one.
struct Inputs {
  std::vector<std::vector<double>> all;
  std::size_t fitted = 0;
};

Inputs split(std::span<const std::vector<double>> calibration, std::size_t limit) {
  const std::size_t count = std::min(calibration.size(), limit);
  Inputs inputs;
  std::vector<std::vector<double>> held;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& input = calibration[i * calibration.size() / count];
    const bool hold = count < 3 ? i + 1 == count : i % 3 == 2;
    if (hold) held.push_back(input);
    if (!hold || count == 1) inputs.all.push_back(input);
  }
  inputs.fitted = inputs.all.size();
  inputs.all.insert(inputs.all.end(), held.begin(), held.end());
  return inputs;
}

// What Softmax and ArgMax at the end are computed from.
ValueId score_of(const graph::Graph& graph, ValueId output) {
  ValueId score = output;
  ValueId at = output;
  while (true) {
    const graph::Node& node = graph.node(at);
    const bool final = graph::is_final(node.op);
    if (!final && !std::holds_alternative<graph::Reshape>(node.op) &&
        !std::holds_alternative<graph::Transpose>(node.op)) {
      return score;
    }
    at = node.operands[0];
    if (final) score = at;
  }
}

std::size_t label_of(const Batch& scores, std::size_t sample) {
  if (scores.elements() == 1) return scores.at(0, sample) > 0.0 ? 1 : 0;
  std::size_t best = 0;
  for (std::size_t e = 1; e < scores.elements(); ++e) {
    if (scores.at(e, sample) > scores.at(best, sample)) best = e;
  }
  return best;
}

double standard_deviation(const Batch& scores, std::size_t first) {
  double sum = 0.0;
  double squares = 0.0;
  double n = 0.0;
  for (std::size_t s = first; s < scores.samples(); ++s) {
    for (std::size_t e = 0; e < scores.elements(); ++e, ++n) {
      sum += scores.at(e, s);
      squares += scores.at(e, s) * scores.at(e, s);
    }
  }
  const double mean = sum / n;
  return std::sqrt(std::max(squares / n - mean * mean, 0.0));
}

int depth_of(std::size_t degree) {
  return degree == 4 ? 2 : static_cast<int>(std::bit_width(degree));
}

/// The network on some inputs, against which polynomials are measured.
class Trial {
 public:
  Trial(const graph::Graph& graph, Inputs inputs, const FitOptions& options)
      : graph_(graph), options_(options), inputs_(std::move(inputs)), batch_(inputs_.all) {
    for (const ValueId output : graph.outputs) scores_.push_back(score_of(graph, output));
    FittingWalk exact = start();
    while (exact.advance()) exact.step(0);
    for (const ValueId score : scores_) reference_.push_back(exact.value(score));
  }

  [[nodiscard]] FittingWalk start() const {
    FittingWalk walk(graph_, batch_, inputs_.fitted, options_.weights);
    for (const ValueId score : scores_) walk.keep(score);
    return walk;
  }

  [[nodiscard]] bool finite() const {
    return std::all_of(reference_.begin(), reference_.end(),
                       [](const Batch& scores) { return std::isfinite(standard_deviation(scores, 0)); });
  }

  // Of a walk that is at its end.
  [[nodiscard]] Measured measure(const FittingWalk& walk) const {
    const std::size_t first = inputs_.fitted;
    Measured result{inputs_.all.size() - first};
    std::vector<bool> flipped(result.inputs, false);
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      const Batch& exact = reference_[i];
      const Batch& actual = walk.value(scores_[i]);
      double squares = 0.0;
      for (std::size_t s = first; s < exact.samples(); ++s) {
        if (label_of(exact, s) != label_of(actual, s)) flipped[s - first] = true;
        for (std::size_t e = 0; e < exact.elements(); ++e) {
          const double error = actual.at(e, s) - exact.at(e, s);
          squares += error * error;
        }
      }
      const double rms = std::sqrt(squares / static_cast<double>(result.inputs * exact.elements()));
      const double relative = rms == 0.0 ? 0.0 : rms / standard_deviation(exact, first);
      if (!(relative <= result.score_error)) result.score_error = relative;
    }
    if (std::isnan(result.score_error)) result.score_error = std::numeric_limits<double>::infinity();
    const auto flips = static_cast<double>(std::count(flipped.begin(), flipped.end(), true));
    result.flip_share = flips / static_cast<double>(result.inputs);
    return result;
  }

  [[nodiscard]] bool meets_goal(const Measured& measured) const {
    const double n = static_cast<double>(measured.inputs);
    const double allowed = std::floor(options_.most_flips * n + 0.5);
    if (measured.flip_share * n > allowed + 0.25) return false;
    const bool classifies =
        std::any_of(reference_.begin(), reference_.end(), [](const Batch& scores) { return scores.elements() > 1; });
    return std::isfinite(measured.score_error) && (classifies || measured.score_error <= options_.most_score_error);
  }

 private:
  const graph::Graph& graph_;
  const FitOptions& options_;
  Inputs inputs_;
  Batch batch_;
  std::vector<ValueId> scores_;
  std::vector<Batch> reference_;
};

struct Candidate {
  std::size_t activation;
  std::size_t degree;
  double score_error;
  double gain;  ///< log of the error's fall, per level
};

// The next degree of the ladder; the same where there is none, or where the activation is exact.
std::size_t raised(std::size_t degree, bool exact, const Degrees& ladder) {
  const auto higher = std::upper_bound(ladder.begin(), ladder.end(), degree);
  return exact || higher == ladder.end() ? degree : *higher;
}

// Walks once with the present degrees, and from each activation on with its next higher one.
Measured try_all(const Trial& trial, const graph::Graph& graph, const Degrees& degrees, const Degrees& ladder,
                 std::vector<Candidate>& candidates) {
  FittingWalk base = trial.start();
  while (base.advance()) {
    const std::size_t at = base.fits().size();
    const std::size_t higher = raised(degrees[at], exact_degree(graph.node(base.next()).op) != 0, ladder);
    if (higher != degrees[at]) {
      FittingWalk other = base;
      other.step(higher);
      other.finish(degrees);
      candidates.push_back({at, higher, trial.measure(other).score_error, 0.0});
    }
    base.step(degrees[at]);
  }
  const Measured measured = trial.measure(base);
  for (Candidate& c : candidates) {
    const double levels = std::max(depth_of(c.degree) - depth_of(degrees[c.activation]), 1);
    const double floor = std::numeric_limits<double>::min();
    c.gain = std::log(std::max(measured.score_error, floor) / std::max(c.score_error, floor)) / levels;
    if (!(c.score_error < kLeastGain * measured.score_error)) c.gain = 0.0;
  }
  return measured;
}

Measured measure_all(const Trial& trial, const Degrees& degrees) {
  FittingWalk walk = trial.start();
  walk.finish(degrees);
  return trial.measure(walk);
}

// Raises degrees until the goal is met or nothing helps.
void search(const Trial& trial, const graph::Graph& graph, const Degrees& ladder, Degrees& degrees) {
  while (!trial.meets_goal(measure_all(trial, degrees))) {
    std::vector<Candidate> candidates;
    try_all(trial, graph, degrees, ladder, candidates);
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.gain > b.gain; });
    const std::size_t most = std::max<std::size_t>(degrees.size() / kRaisedAtOnce, 1);
    std::size_t done = 0;
    for (const Candidate& c : candidates) {
      if (done == most || !(c.gain > 0.0)) break;
      degrees[c.activation] = c.degree;
      ++done;
    }
    if (done == 0) return;
  }
}

double work_per_input(const graph::Graph& graph) {
  double work = 0.0;
  for (const graph::Node& node : graph.nodes) {
    const auto elements = static_cast<double>(graph::element_count(node.shape));
    double each = 10.0;
    if (const auto* conv = std::get_if<graph::Conv>(&node.op)) {
      each = static_cast<double>(conv->weights.values.size()) / static_cast<double>(conv->bias.size());
    } else if (const auto* dense = std::get_if<graph::Dense>(&node.op)) {
      each = static_cast<double>(dense->weights.values.size()) / static_cast<double>(dense->bias.size());
    }
    work += elements * each;
  }
  return work;
}

}  // namespace

base::Result<Chosen> choose_degrees(const graph::Graph& graph, std::span<const std::vector<double>> calibration,
                                    const Degrees& ladder, const FitOptions& options) {
  Chosen chosen;
  for (const graph::Node& node : graph.nodes) {
    if (!needs_circuit(node.op)) continue;
    const std::size_t exact = exact_degree(node.op);
    chosen.degrees.push_back(exact != 0 ? exact : ladder.front());
  }
  const double passes = 0.5 * static_cast<double>(chosen.degrees.size()) + 2.0;
  const double affordable = kRoundWork / (work_per_input(graph) * passes);
  const std::size_t limit = affordable > static_cast<double>(calibration.size())
                                ? calibration.size()
                                : std::max(static_cast<std::size_t>(affordable), kFewestInputs);
  const Trial full(graph, split(calibration, calibration.size()), options);
  if (!full.finite()) {
    return base::fail(base::ErrorCode::kUnsupported, "the network's scores are not finite on the calibration inputs",
                      "check the model's weights and the scale of the inputs");
  }
  if (limit < calibration.size()) {
    search(Trial(graph, split(calibration, limit), options), graph, ladder, chosen.degrees);
  } else {
    search(full, graph, ladder, chosen.degrees);
  }
  chosen.measured = measure_all(full, chosen.degrees);
  chosen.goal_met = full.meets_goal(chosen.measured);
  return chosen;
}

}  // namespace obscura::compiler::passes::detail
