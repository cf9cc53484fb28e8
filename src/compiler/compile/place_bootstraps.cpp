#include "compiler/compile/place_bootstraps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "compiler/compile/node_levels.hpp"
#include "compiler/graph/interpret_batch.hpp"

namespace obscura::compiler::compile {
namespace {

using graph::ValueId;

constexpr double kNever = std::numeric_limits<double>::infinity();
/// What the next input may add to the range of bootstrapped values.
constexpr double kMargin = 1.25;

/// Bootstraps stand where at most so many values are still to be read: with a residual connection that waits and a
/// value that an activation reads again at its end, a third one.
constexpr std::size_t kMostLive = 3;

/// Values that are there between one node and the next and still to be read, in order. [nodes]
using Live = std::vector<std::vector<std::size_t>>;

Live live_values(const graph::Graph& graph) {
  std::vector<std::size_t> last_reader(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId operand : graph.nodes[i].operands) last_reader[operand.value()] = i;
  }
  for (const ValueId output : graph.outputs) last_reader[output.value()] = graph.nodes.size();
  Live live(graph.nodes.size());
  std::vector<std::size_t> now;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    now.push_back(i);
    std::erase_if(now, [&](std::size_t value) { return last_reader[value] <= i; });
    live[i] = now;
  }
  return live;
}

// Level of one of the values that are live; `bottom` where nothing reads it.
int level_of(const std::vector<std::size_t>& live, const std::vector<int>& levels, std::size_t value, int bottom) {
  const auto found = std::lower_bound(live.begin(), live.end(), value);
  return found == live.end() || *found != value ? bottom : levels[static_cast<std::size_t>(found - live.begin())];
}

/// The shortest path from the outputs to the inputs over the least levels that the live values must have. A value that
/// waits keeps its level, one that is read needs at least that of the work, a bootstrapped one is made at the level at
/// which bootstraps read.
class Placement {
 public:
  Placement(const graph::Graph& graph, place::Ending ending, const BootstrapPlaces& places)
      : graph_(graph),
        places_(places),
        live_(live_values(graph)),
        ends_(at_end(graph)),
        is_unrescaled_(ending != place::Ending::kRescaled),
        bottom_(ending == place::Ending::kTwoPrimes ? 1 : 0) {}

  struct Choice {
    std::vector<std::size_t> values;  ///< to bootstrap, in order
    double cost = kNever;             ///< never where there is no way
  };

  Choice run() {
    std::vector<Front> fronts(graph_.nodes.size());  // [nodes], states right behind each
    fronts.back().push_back({std::vector<int>(live_.back().size(), bottom_), 0, 0, false});
    for (std::size_t i = fronts.size() - 1; i > 0; --i) fronts[i - 1] = before(i, fronts[i]);
    Choice choice;
    std::size_t at = 0;
    for (std::size_t s = 0; s < fronts[0].size(); ++s) {
      const int level = level_of(live_[0], fronts[0][s].levels, 0, bottom_);
      if (level > places_.top) continue;
      const double cost = fronts[0][s].cost + places_.node_cost(graph_.nodes[0], level);
      if (cost >= choice.cost) continue;
      choice.cost = cost;
      at = s;
    }
    if (choice.cost == kNever) return choice;
    for (std::size_t i = 1; i < fronts.size(); ++i) {
      const State& state = fronts[i - 1][at];
      if (state.bootstraps) choice.values.push_back(i);
      at = state.next;
    }
    return choice;
  }

 private:
  /// Before some node: what the nodes from there on ask for, and cost.
  struct State {
    std::vector<int> levels;  ///< [live]
    double cost;
    std::size_t next;  ///< state behind the node
    bool bootstraps;   ///< the node's result
  };
  using Front = std::vector<State>;

  // The states before a node, of equal ones the cheapest.
  [[nodiscard]] Front before(std::size_t i, const Front& behind) const {
    const graph::Node& node = graph_.nodes[i];
    std::vector<double> costs;  // [level of work]
    for (int level = 0; level <= places_.top; ++level) costs.push_back(places_.node_cost(node, level));
    const double bootstrap = bootstrap_cost(i);
    const int depth = is_unrescaled_ && ends_[i] ? 0 : depth_of(node);
    std::map<std::vector<int>, State> found;
    const auto consider = [&](std::size_t next, int work, double cost, bool bootstraps) {
      if (work > places_.top) return;
      std::vector<int> levels = levels_before(i, behind[next].levels, work);
      const double sum = behind[next].cost + costs[static_cast<std::size_t>(work)] + cost;
      const auto [entry, is_new] = found.try_emplace(levels);
      if (is_new || sum < entry->second.cost) entry->second = {std::move(levels), sum, next, bootstraps};
    };
    for (std::size_t s = 0; s < behind.size(); ++s) {
      const int result = level_of(live_[i], behind[s].levels, i, bottom_);
      consider(s, result + depth, 0, false);
      if (can_bootstrap(i) && result <= places_.to) consider(s, places_.from + depth, bootstrap, true);
    }
    Front front;
    for (auto& [levels, state] : found) front.push_back(std::move(state));
    return front;
  }

  // Of the values that are live before node i, when it works at some level.
  [[nodiscard]] std::vector<int> levels_before(std::size_t i, const std::vector<int>& behind, int work) const {
    const std::vector<ValueId>& operands = graph_.nodes[i].operands;
    std::vector<int> levels;
    for (const std::size_t value : live_[i - 1]) {
      const int level = level_of(live_[i], behind, value, bottom_);
      const bool is_read = std::find(operands.begin(), operands.end(), ValueId(value)) != operands.end();
      levels.push_back(is_read ? std::max(level, work) : level);
    }
    return levels;
  }

  // Not where only sums follow that stay at their level: the end of the network would be elsewhere.
  [[nodiscard]] bool can_bootstrap(std::size_t i) const {
    return live_[i].size() <= kMostLive && !(is_unrescaled_ && ends_[i]);
  }

  [[nodiscard]] double bootstrap_cost(std::size_t i) const {
    const auto elements = static_cast<double>(graph::element_count(graph_.nodes[i].shape));
    return std::ceil(elements / static_cast<double>(places_.slots)) * places_.bootstrap_cost;
  }

  const graph::Graph& graph_;
  const BootstrapPlaces& places_;
  Live live_;
  std::vector<bool> ends_;
  bool is_unrescaled_;
  int bottom_;
};

double magnitude(const graph::Batch& batch) {
  double most = 0;
  const auto values = batch.block(0);
  for (std::size_t e = 0; e < batch.elements(); ++e) {
    for (std::size_t n = 0; n < batch.samples(); ++n) {
      most = std::max(most, std::abs(values[e * graph::Batch::kLanes + n]));
    }
  }
  return most;
}

// Of as many inputs as a batch's block holds. [nodes]
std::vector<double> magnitudes_of_block(const graph::Graph& graph, std::span<const std::vector<double>> inputs) {
  std::vector<std::size_t> uses = graph::count_uses(graph);
  std::vector<std::optional<graph::Batch>> values(graph.nodes.size());
  std::vector<double> most;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    std::vector<const graph::Batch*> operands;
    for (const ValueId operand : graph.nodes[i].operands) operands.push_back(&*values[operand.value()]);
    values[i] = i == 0 ? graph::Batch(inputs) : graph::evaluate_batch(graph, ValueId(i), operands);
    most.push_back(magnitude(*values[i]));
    for (const ValueId operand : graph.nodes[i].operands) {
      if (--uses[operand.value()] == 0) values[operand.value()].reset();
    }
  }
  return most;
}

}  // namespace

std::vector<double> magnitudes(const graph::Graph& graph, const Inputs& inputs, const base::Parallel& parallel) {
  constexpr std::size_t kLanes = graph::Batch::kLanes;
  std::vector<double> most(graph.nodes.size(), 0);
  std::mutex mutex;
  parallel.for_each((inputs.size() + kLanes - 1) / kLanes, [&](std::size_t block) {
    const auto some = std::span(inputs).subspan(block * kLanes);
    const std::vector<double> of_block = magnitudes_of_block(graph, some.first(std::min(kLanes, some.size())));
    const std::scoped_lock lock(mutex);
    for (std::size_t i = 0; i < most.size(); ++i) most[i] = std::max(most[i], of_block[i]);
  });
  return most;
}

std::optional<PlacedBootstraps> place_bootstraps(const graph::Graph& graph, place::Ending ending,
                                                 const BootstrapPlaces& places, std::span<const double> most) {
  const auto [chosen, cost] = Placement(graph, ending, places).run();
  if (chosen.empty()) return std::nullopt;
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
    const int log2_range = static_cast<int>(std::ceil(std::log2(std::max(kMargin * most[i], 1e-9))));
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
