#include "compiler/compile/place_bootstraps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "compiler/compile/node_levels.hpp"
#include "compiler/graph/interpret_batch.hpp"

namespace obscura::compiler::compile {
namespace {

using graph::ValueId;

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr int kNoLevel = -1;
/// What the next input may add to the range of bootstrapped values.
constexpr double kMargin = 1.25;

// Values that everything behind them depends on through them alone, in order; not the input.
std::vector<std::size_t> narrow_places(const graph::Graph& graph) {
  std::vector<std::size_t> last_reader(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId operand : graph.nodes[i].operands) last_reader[operand.value()] = i;
  }
  for (const ValueId output : graph.outputs) last_reader[output.value()] = graph.nodes.size();
  std::vector<std::size_t> places;
  std::size_t reach = last_reader[0];  // of all values before
  for (std::size_t i = 1; i + 1 < graph.nodes.size(); ++i) {
    if (reach <= i && last_reader[i] < graph.nodes.size()) places.push_back(i);
    reach = std::max(reach, last_reader[i]);
  }
  return places;
}

/// Levels of the nodes up to one, when that ends at a level: of work, and of results. Before what it depends on there
/// is kNoLevel.
struct Levels {
  std::vector<int> work;
  std::vector<int> result;
};

Levels levels_before(const graph::Graph& graph, std::size_t end, int level) {
  Levels levels{std::vector<int>(end + 1, kNoLevel), std::vector<int>(end + 1, kNoLevel)};
  levels.result[end] = level;
  for (std::size_t i = end + 1; i-- > 0;) {
    if (levels.result[i] == kNoLevel) continue;
    levels.work[i] = levels.result[i] + depth_of(graph.nodes[i]);
    for (const ValueId operand : graph.nodes[i].operands) {
      levels.result[operand.value()] = std::max(levels.result[operand.value()], levels.work[i]);
    }
  }
  return levels;
}

class Placement {
 public:
  Placement(const graph::Graph& graph, place::Ending ending, const BootstrapPlaces& places)
      : graph_(graph), ending_(ending), places_(places), narrow_(narrow_places(graph)), best_(narrow_.size()) {}

  struct Choice {
    std::vector<std::size_t> values;  ///< to bootstrap, in order; none where there is no way
    double cost = 0;
  };

  Choice run() {
    for (std::size_t b = 0; b < narrow_.size(); ++b) {
      const std::size_t end = narrow_[b];
      best_[b] = step_to(end, b, levels_before(graph_, end, places_.from));
      const auto ciphertexts = std::ceil(static_cast<double>(graph::element_count(graph_.nodes[end].shape)) /
                                         static_cast<double>(places_.slots));
      best_[b].cost += ciphertexts * places_.bootstrap_cost;
    }
    const std::vector<int> work = node_levels(graph_, ending_);
    Levels levels{work, std::vector<int>(work.size(), kNoLevel)};
    for (std::size_t i = 0; i < work.size(); ++i) {
      for (const ValueId operand : graph_.nodes[i].operands) {
        levels.result[operand.value()] = std::max(levels.result[operand.value()], work[i]);
      }
    }
    const Step last = step_to(graph_.nodes.size() - 1, narrow_.size(), levels);
    Choice choice{{}, last.cost};
    for (Step at = last; at.before != kInput; at = best_[at.before]) {
      choice.values.insert(choice.values.begin(), narrow_[at.before]);
    }
    return choice;
  }

 private:
  static constexpr std::size_t kInput = std::numeric_limits<std::size_t>::max();

  /// The best way to a place: over which one before it.
  struct Step {
    double cost = kNever;
    std::size_t before = kInput;
  };

  // The best way to `end` over one of the first `count` places, or from the input.
  [[nodiscard]] Step step_to(std::size_t end, std::size_t count, const Levels& levels) const {
    std::vector<double> sums(end + 2);  // of the cost of nodes before
    for (std::size_t i = 0; i <= end; ++i) {
      // What works above the top begins too far away, and so does all before it.
      const bool counts = levels.work[i] != kNoLevel && levels.work[i] <= places_.top;
      sums[i + 1] = sums[i] + (counts ? places_.node_cost(graph_.nodes[i], levels.work[i]) : 0);
    }
    Step best;
    if (levels.result[0] <= places_.top) best.cost = sums[end + 1];
    for (std::size_t a = 0; a < count; ++a) {
      const std::size_t begin = narrow_[a];
      if (levels.result[begin] > places_.to || best_[a].cost == kNever) continue;
      const double cost = best_[a].cost + sums[end + 1] - sums[begin + 1];
      if (cost < best.cost) best = {cost, a};
    }
    return best;
  }

  const graph::Graph& graph_;
  place::Ending ending_;
  const BootstrapPlaces& places_;
  std::vector<std::size_t> narrow_;
  std::vector<Step> best_;  // [narrow places]
};

// Largest magnitude of each value. [chosen]
std::vector<double> magnitudes(graph::Graph graph, const std::vector<std::size_t>& chosen, const Inputs& inputs) {
  graph.outputs.clear();
  for (const std::size_t value : chosen) graph.outputs.emplace_back(value);
  graph.output_names.clear();
  const graph::Batch values = graph::interpret_batch(graph, inputs);
  std::vector<double> most;
  std::size_t element = 0;
  for (const ValueId value : graph.outputs) {
    const auto end = element + static_cast<std::size_t>(graph::element_count(graph.shape(value)));
    most.push_back(0);
    for (; element < end; ++element) {
      for (std::size_t n = 0; n < values.samples(); ++n)
        most.back() = std::max(most.back(), std::abs(values.at(element, n)));
    }
  }
  return most;
}

}  // namespace

std::optional<PlacedBootstraps> place_bootstraps(const graph::Graph& graph, place::Ending ending,
                                                 const BootstrapPlaces& places, const Inputs& inputs) {
  const auto [chosen, cost] = Placement(graph, ending, places).run();
  if (chosen.empty()) return std::nullopt;
  const std::vector<double> most = magnitudes(graph, chosen, inputs);
  graph::Graph placed;
  placed.output_names = graph.output_names;
  std::vector<ValueId> now;
  std::size_t next = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    graph::Node node = graph.nodes[i];
    for (ValueId& operand : node.operands) operand = now[operand.value()];
    placed.nodes.push_back(std::move(node));
    now.emplace_back(placed.nodes.size() - 1);
    if (next == chosen.size() || chosen[next] != i) continue;
    const int log2_range = static_cast<int>(std::ceil(std::log2(std::max(kMargin * most[next], 1e-9))));
    const graph::Node& read = placed.nodes.back();
    placed.nodes.push_back(
        {graph::Bootstrap{places.from, places.to, log2_range}, {now.back()}, read.shape, read.name + " bootstrap"});
    now.back() = ValueId(placed.nodes.size() - 1);
    ++next;
  }
  for (const ValueId output : graph.outputs) placed.outputs.push_back(now[output.value()]);
  return PlacedBootstraps{std::move(placed), cost};
}

}  // namespace obscura::compiler::compile
