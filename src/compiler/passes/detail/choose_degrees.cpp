#include "compiler/passes/detail/choose_degrees.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace obscura::compiler::passes::detail {
namespace {

using Degrees = std::vector<std::size_t>;

// Multiply-adds that one round of the search may take, and the inputs it never goes below.
constexpr double kRoundWork = 4e9;
constexpr std::size_t kFolds = 3;
constexpr std::size_t kFewestInputs = 60;
// A higher degree has to lower the scores' distance by this factor at least.
constexpr double kLeastGain = 0.995;
// Of many activations, one in four is raised at a time.
constexpr std::size_t kRaisedAtOnce = 4;

int depth_of(std::size_t degree) {
  return degree == 4 ? 2 : static_cast<int>(std::bit_width(degree));
}

struct Candidate {
  std::size_t activation;
  std::size_t degree;
  double distance;
  double gain;  ///< log of the distance's fall, per level
};

// The next degree of the ladder; the same where there is none, or where the activation is exact.
std::size_t raised(std::size_t degree, bool exact, const Degrees& ladder) {
  const auto higher = std::upper_bound(ladder.begin(), ladder.end(), degree);
  return exact || higher == ladder.end() ? degree : *higher;
}

// Walks once with the present degrees, and from each activation on with its next higher one.
std::vector<Candidate> try_all(const Trial& trial, const graph::Graph& graph, const Degrees& degrees,
                               const Degrees& ladder) {
  std::vector<Candidate> candidates;
  FittingWalk base = trial.start();
  while (base.advance()) {
    const std::size_t at = base.fits().size();
    const std::size_t higher = raised(degrees[at], exact_degree(graph.node(base.next()).op) != 0, ladder);
    if (higher != degrees[at]) {
      FittingWalk other = base;
      other.step(higher);
      other.finish(degrees);
      candidates.push_back({at, higher, trial.measure(other).distance, 0.0});
    }
    base.step(degrees[at]);
  }
  const Measured measured = trial.measure(base);
  for (Candidate& c : candidates) {
    const double levels = std::max(depth_of(c.degree) - depth_of(degrees[c.activation]), 1);
    const double floor = std::numeric_limits<double>::min();
    c.gain = std::log(std::max(measured.distance, floor) / std::max(c.distance, floor)) / levels;
    if (!(c.distance < kLeastGain * measured.distance)) c.gain = 0.0;
  }
  return candidates;
}

/// The network with each third of the inputs held back in turn: its own flips are few, and this uses all inputs to
/// count them.
class CrossValidation {
 public:
  CrossValidation(const graph::Graph& graph, std::span<const std::vector<double>> calibration,
                  const FitOptions& options)
      : options_(options) {
    const std::size_t folds = std::min(kFolds, calibration.size());
    for (std::size_t fold = 0; fold < folds; ++fold) {
      trials_.push_back(std::make_unique<Trial>(graph, calibration, fold, folds, options.weights));
    }
  }

  [[nodiscard]] const Trial& first() const { return *trials_[0]; }

  [[nodiscard]] Measured measure(const Degrees& degrees) const {
    Measured result;
    for (const auto& trial : trials_) {
      FittingWalk walk = trial->start();
      walk.finish(degrees);
      result = pool(result, trial->measure(walk));
    }
    return result;
  }

  [[nodiscard]] bool meets_goal(const Measured& measured) const {
    const double allowed = std::floor(options_.most_flips * static_cast<double>(measured.inputs) + 0.5);
    if (static_cast<double>(measured.flips) > allowed || !std::isfinite(measured.score_error)) return false;
    if (!first().classifies()) return measured.score_error <= options_.most_score_error;
    return measured.flip_estimate() <= options_.most_flips;
  }

 private:
  const FitOptions& options_;
  std::vector<std::unique_ptr<Trial>> trials_;
};

// Raises every activation of the lowest degree that can be raised; false where none can.
bool raise_lowest(const graph::Graph& graph, const Degrees& ladder, Degrees& degrees) {
  std::vector<bool> exact;
  for (const graph::Node& node : graph.nodes) {
    if (needs_circuit(node.op)) exact.push_back(exact_degree(node.op) != 0);
  }
  std::size_t lowest = ladder.back();
  for (std::size_t i = 0; i < degrees.size(); ++i) {
    if (!exact[i]) lowest = std::min(lowest, degrees[i]);
  }
  bool done = false;
  for (std::size_t i = 0; i < degrees.size(); ++i) {
    const std::size_t higher = raised(degrees[i], exact[i], ladder);
    if (degrees[i] != lowest || higher == degrees[i]) continue;
    degrees[i] = higher;
    done = true;
  }
  return done;
}

// Raises what helps most per level. Where nothing helps on its own, since errors elsewhere hide it, the lowest rise.
bool raise(const Trial& trial, const graph::Graph& graph, const Degrees& ladder, Degrees& degrees) {
  auto candidates = try_all(trial, graph, degrees, ladder);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.gain > b.gain; });
  const std::size_t most = std::max<std::size_t>(degrees.size() / kRaisedAtOnce, 1);
  std::size_t done = 0;
  for (const Candidate& c : candidates) {
    if (done == most || !(c.gain > 0.0)) break;
    degrees[c.activation] = c.degree;
    ++done;
  }
  return done > 0 || raise_lowest(graph, ladder, degrees);
}

/// A place on the way of a search; later ones take more levels.
struct Visited {
  Degrees degrees;
  Measured measured;
};

// Of classifiers the first place that changes hardly more labels than the best one: what lies beyond costs levels for
// little. Of others the place that is closest.
const Visited& worthwhile(const std::vector<Visited>& way, bool classifies, double most_flips) {
  const auto by = [&](auto figure) -> const Visited& {
    return *std::min_element(way.begin(), way.end(),
                             [&](const Visited& a, const Visited& b) { return figure(a) < figure(b); });
  };
  if (!classifies) return by([](const Visited& place) { return place.measured.distance; });
  const auto flips = [](const Visited& place) { return place.measured.flip_estimate(); };
  const double most = flips(by(flips)) + std::max(most_flips, 0.0);
  return *std::find_if(way.begin(), way.end(), [&](const Visited& place) { return flips(place) <= most; });
}

// Raises degrees until the goal is met or all are at the top of the ladder.
Measured search(const CrossValidation& trials, const graph::Graph& graph, const Degrees& ladder, double most_flips,
                Degrees& degrees) {
  std::vector<Visited> way{{degrees, trials.measure(degrees)}};
  while (!trials.meets_goal(way.back().measured)) {
    if (!raise(trials.first(), graph, ladder, degrees)) {
      const Visited& chosen = worthwhile(way, trials.first().classifies(), most_flips);
      degrees = chosen.degrees;
      return chosen.measured;
    }
    way.push_back({degrees, trials.measure(degrees)});
  }
  return way.back().measured;
}

// `count` inputs at equal distances.
std::vector<std::vector<double>> some(std::span<const std::vector<double>> inputs, std::size_t count) {
  std::vector<std::vector<double>> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(inputs[i * inputs.size() / count]);
  return result;
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
  const double passes = 0.5 * static_cast<double>(chosen.degrees.size()) + 1.0 + kFolds;
  const double affordable = kRoundWork / (work_per_input(graph) * passes);
  const std::size_t limit = affordable > static_cast<double>(calibration.size())
                                ? calibration.size()
                                : std::max(static_cast<std::size_t>(affordable), kFewestInputs);
  const CrossValidation full(graph, calibration, options);
  if (!full.first().finite()) {
    return base::fail(base::ErrorCode::kUnsupported, "the network's scores are not finite on the calibration inputs",
                      "check the model's weights and the scale of the inputs");
  }
  if (limit < calibration.size()) {
    search(CrossValidation(graph, some(calibration, limit), options), graph, ladder, options.most_flips,
           chosen.degrees);
    chosen.measured = full.measure(chosen.degrees);
  } else {
    chosen.measured = search(full, graph, ladder, options.most_flips, chosen.degrees);
  }
  chosen.goal_met = full.meets_goal(chosen.measured);
  return chosen;
}

}  // namespace obscura::compiler::passes::detail
