#include "compiler/passes/detail/trial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "compiler/graph/final_ops.hpp"

namespace obscura::compiler::passes::detail {
namespace {

using graph::Batch;
using graph::ValueId;

struct Split {
  std::vector<std::vector<double>> all;  ///< those fitted on, then those held back
  std::size_t fitted;
};

Split split(std::span<const std::vector<double>> calibration, std::size_t fold, std::size_t folds) {
  Split result;
  std::vector<std::vector<double>> held;
  for (std::size_t i = 0; i < calibration.size(); ++i) {
    const bool hold = i % folds == fold;
    if (hold) held.push_back(calibration[i]);
    if (!hold || folds == 1) result.all.push_back(calibration[i]);
  }
  result.fitted = result.all.size();
  result.all.insert(result.all.end(), held.begin(), held.end());
  return result;
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

constexpr std::size_t kMostRivals = 15;

Race race_of(const Batch& exact, const Batch& actual, std::size_t sample) {
  if (exact.elements() == 1) {
    const double score = exact.at(0, sample);
    const double error = actual.at(0, sample) - score;
    return {{std::abs(score)}, {score > 0.0 ? -error : error}};
  }
  std::vector<std::size_t> order(exact.elements());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t ranked = std::min(order.size(), kMostRivals + 1);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(ranked), order.end(),
                    [&](std::size_t a, std::size_t b) { return exact.at(a, sample) > exact.at(b, sample); });
  const auto error = [&](std::size_t e) { return actual.at(e, sample) - exact.at(e, sample); };
  Race race;
  for (std::size_t k = 1; k < ranked; ++k) {
    race.gaps.push_back(exact.at(order[0], sample) - exact.at(order[k], sample));
    race.pushes.push_back(error(order[k]) - error(order[0]));
  }
  return race;
}

bool overtakes(const Race& pushed, const Race& gap) {
  for (std::size_t k = 0; k < gap.gaps.size(); ++k) {
    if (!(pushed.pushes[k] <= gap.gaps[k])) return true;  // not a number counts
  }
  return false;
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

double mean_square(const Batch& exact, const Batch& actual, std::size_t sample) {
  double squares = 0.0;
  for (std::size_t e = 0; e < exact.elements(); ++e) {
    const double error = actual.at(e, sample) - exact.at(e, sample);
    squares += error * error;
  }
  return squares / static_cast<double>(exact.elements());
}

}  // namespace

Trial::Trial(const graph::Graph& graph, std::span<const std::vector<double>> calibration, std::size_t fold,
             std::size_t folds, const fit::FitWeights& weights)
    : graph_(graph), weights_(weights), batch_(0, 0) {
  const Split inputs = split(calibration, fold, folds);
  fitted_ = inputs.fitted;
  batch_ = Batch(inputs.all);
  for (const ValueId output : graph.outputs) scores_.push_back(score_of(graph, output));
  FittingWalk exact = start();
  while (exact.advance()) exact.step(0);
  for (const ValueId score : scores_) reference_.push_back(exact.value(score));
}

FittingWalk Trial::start() const {
  FittingWalk walk(graph_, batch_, fitted_, weights_);
  for (const ValueId score : scores_) walk.keep(score);
  return walk;
}

bool Trial::finite() const {
  return std::all_of(reference_.begin(), reference_.end(),
                     [](const Batch& scores) { return std::isfinite(standard_deviation(scores, 0)); });
}

bool Trial::classifies() const {
  return std::any_of(reference_.begin(), reference_.end(), [](const Batch& scores) { return scores.elements() > 1; });
}

Measured Trial::measure(const FittingWalk& walk) const {
  Measured result{batch_.samples() - fitted_};
  std::vector<bool> flipped(result.inputs, false);
  std::vector<double> distances(result.inputs, 0.0);  // squares, of the output that is furthest off
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    std::vector<Race>& races = result.races.emplace_back();
    const Batch& exact = reference_[i];
    const Batch& actual = walk.value(scores_[i]);
    const double deviation = standard_deviation(exact, fitted_);
    double squares = 0.0;
    for (std::size_t s = fitted_; s < exact.samples(); ++s) {
      if (label_of(exact, s) != label_of(actual, s)) flipped[s - fitted_] = true;
      races.push_back(race_of(exact, actual, s));
      const double error = mean_square(exact, actual, s);
      squares += error;
      const double relative = error == 0.0 ? 0.0 : error / (deviation * deviation);
      double& distance = distances[s - fitted_];
      distance = relative <= 1.0 ? std::max(distance, relative) : 1.0;
    }
    const double rms = std::sqrt(squares / static_cast<double>(result.inputs));
    const double relative = rms == 0.0 ? 0.0 : rms / deviation;
    if (!(relative <= result.score_error)) result.score_error = relative;
  }
  if (std::isnan(result.score_error)) result.score_error = std::numeric_limits<double>::infinity();
  const double sum = std::accumulate(distances.begin(), distances.end(), 0.0);
  result.distance = std::sqrt(sum / static_cast<double>(result.inputs));
  result.flips = static_cast<std::size_t>(std::count(flipped.begin(), flipped.end(), true));
  return result;
}

Measured pool(const Measured& a, const Measured& b) {
  const auto rms = [&](double x, double y) {
    const double squares = static_cast<double>(a.inputs) * x * x + static_cast<double>(b.inputs) * y * y;
    return std::sqrt(squares / static_cast<double>(a.inputs + b.inputs));
  };
  Measured both{a.inputs + b.inputs, a.flips + b.flips, rms(a.score_error, b.score_error), rms(a.distance, b.distance),
                b.races};
  for (std::size_t i = 0; i < a.races.size(); ++i) {
    both.races[i].insert(both.races[i].begin(), a.races[i].begin(), a.races[i].end());
  }
  return both;
}

double Measured::flip_estimate() const {
  double share = 0.0;
  for (const std::vector<Race>& output : races) {
    std::size_t overtaken = 0;
    for (const Race& pushed : output) {
      overtaken += static_cast<std::size_t>(
          std::count_if(output.begin(), output.end(), [&](const Race& gap) { return overtakes(pushed, gap); }));
    }
    const auto n = static_cast<double>(output.size());
    share += static_cast<double>(overtaken) / (n * n);
  }
  return share;
}

}  // namespace obscura::compiler::passes::detail
