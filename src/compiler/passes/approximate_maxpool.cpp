#include "compiler/passes/approximate_maxpool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/fit/activation_circuit.hpp"
#include "compiler/fit/piecewise_linear.hpp"
#include "compiler/graph/interpret_batch.hpp"
#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Batch;
using graph::Graph;
using graph::MaxPool;
using graph::Shape;
using graph::ValueId;

constexpr std::size_t kMostInputs = 128;
constexpr int kLeastBits = 3;
constexpr int kMostBits = 9;

/// The values of one tensor for all inputs: [samples][elements].
using Samples = std::vector<std::vector<double>>;

/// One of the values that a maximum is taken of.
struct Player {
  ValueId value;
  Samples samples;
};

/// Where tap number `tap` of a window along dimension 1 or 2 reads: [elements of the result]. Taps that lie in the
/// padding read what the nearest tap inside reads, which changes no maximum.
std::vector<std::int64_t> sources(const MaxPool& pool, const Shape& in, const Shape& out, std::size_t dim,
                                  std::int64_t tap) {
  const std::size_t d = dim - 1;
  const auto place = [&](std::int64_t at) {
    const std::int64_t first = at * pool.strides[d] - pool.pads[d];
    const std::int64_t step = pool.dilations[d];
    const std::int64_t least = first < 0 ? (-first + step - 1) / step : 0;
    const std::int64_t most = std::min(pool.kernel[d] - 1, (in.dims[dim] - 1 - first) / step);
    return first + std::clamp(tap, least, most) * step;
  };
  std::vector<std::int64_t> source;
  for (std::int64_t c = 0; c < out.dims[0]; ++c) {
    for (std::int64_t y = 0; y < out.dims[1]; ++y) {
      for (std::int64_t x = 0; x < out.dims[2]; ++x) {
        const std::int64_t row = dim == 1 ? place(y) : y;
        const std::int64_t column = dim == 2 ? place(x) : x;
        source.push_back((c * in.dims[1] + row) * in.dims[2] + column);
      }
    }
  }
  return source;
}

base::Result<Player> select(Graph& graph, const Player& from, const Shape& shape, std::vector<std::int64_t> source,
                            const std::string& name) {
  Player result;
  for (const std::vector<double>& sample : from.samples) {
    std::vector<double>& taken = result.samples.emplace_back();
    for (const std::int64_t s : source) taken.push_back(sample[static_cast<std::size_t>(s)]);
  }
  OBSCURA_TRY(result.value, graph::append(graph, graph::Select{shape, std::move(source)}, {from.value}, name));
  return result;
}

/// What a replacement is made with.
struct Precision {
  fit::CompositeSign sign;
  double margin = 0;
};

base::Result<Player> larger(Graph& graph, const Player& a, const Player& b, const Precision& precision,
                            const std::string& name) {
  Player result{ValueId(0), a.samples};
  double reach = 0;
  for (std::size_t n = 0; n < a.samples.size(); ++n) {
    for (std::size_t i = 0; i < a.samples[n].size(); ++i) {
      reach = std::max(reach, std::abs(a.samples[n][i] - b.samples[n][i]));
      result.samples[n][i] = std::max(a.samples[n][i], b.samples[n][i]);
    }
  }
  reach = reach > 0 ? reach * (1 + 2 * precision.margin) : 1;
  OBSCURA_TRY(result.value, fit::append_maximum(graph, a.value, b.value, reach, precision.sign, name));
  return result;
}

// The maxima along one dimension: neighbours first, then the winners, until one is left.
base::Result<Player> along(Graph& graph, const Player& in, const MaxPool& pool, std::size_t dim,
                           const Precision& precision, const std::string& name) {
  const Shape from = graph.shape(in.value);
  const std::size_t d = dim - 1;
  const std::int64_t reach = (pool.kernel[d] - 1) * pool.dilations[d] + 1;
  Shape to = from;
  to.dims[dim] = (from.dims[dim] + pool.pads[d] + pool.pads[d + 2] - reach) / pool.strides[d] + 1;
  if (pool.kernel[d] == 1 && to == from) return in;
  std::vector<Player> players;
  for (std::int64_t tap = 0; tap < pool.kernel[d]; ++tap) {
    OBSCURA_TRY(Player player, select(graph, in, to, sources(pool, from, to, dim, tap), name));
    players.push_back(std::move(player));
  }
  while (players.size() > 1) {
    std::vector<Player> winners;
    for (std::size_t i = 0; i + 1 < players.size(); i += 2) {
      OBSCURA_TRY(Player winner, larger(graph, players[i], players[i + 1], precision, name));
      winners.push_back(std::move(winner));
    }
    if (players.size() % 2 == 1) winners.push_back(std::move(players.back()));
    players = std::move(winners);
  }
  return std::move(players.front());
}

/// The graph with every MaxPool replaced; levels of each.
struct Replaced {
  Graph graph;
  std::vector<int> levels;
};

base::Result<Replaced> replace_all(const Graph& graph, const std::vector<Samples>& seen, const Precision& precision) {
  Rebuild rebuild(graph);
  Replaced result;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    const auto* pool = std::get_if<MaxPool>(&node.op);
    if (pool == nullptr) {
      OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
      continue;
    }
    const Player in{rebuild.now(node.operands[0]), seen[result.levels.size()]};
    OBSCURA_TRY(const Player columns, along(rebuild.target(), in, *pool, 2, precision, node.name));
    OBSCURA_TRY(const Player both, along(rebuild.target(), columns, *pool, 1, precision, node.name));
    rebuild.replace(ValueId(i), both.value);
    result.levels.push_back(fit::depth_between(rebuild.made(), in.value, both.value));
  }
  result.graph = rebuild.finish();
  return result;
}

// What every MaxPool reads. [pools][samples][elements]
std::vector<Samples> operands_of(const Graph& graph, std::span<const std::vector<double>> inputs) {
  std::vector<Samples> result;
  for (const graph::Node& node : graph.nodes) {
    if (!std::holds_alternative<MaxPool>(node.op)) continue;
    Graph upto{graph.nodes, {node.operands[0]}};
    const Batch values = graph::interpret_batch(upto, inputs);
    Samples& samples = result.emplace_back();
    for (std::size_t s = 0; s < values.samples(); ++s) samples.push_back(values.sample(s));
  }
  return result;
}

// Number of the best score of the first output, or whether a single one is positive.
std::size_t label_of(const Graph& graph, const Batch& scores, std::size_t sample) {
  const std::vector<double> values = scores.sample(sample);
  const std::int64_t count = graph::element_count(graph.shape(graph.outputs.front()));
  if (count == 1) return values.front() > 0 ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(values.begin(), values.begin() + count) - values.begin());
}

double flip_share(const Graph& graph, const Graph& approximated, std::span<const std::vector<double>> inputs) {
  const Batch exact = graph::interpret_batch(graph, inputs);
  const Batch near = graph::interpret_batch(approximated, inputs);
  std::size_t flips = 0;
  for (std::size_t s = 0; s < inputs.size(); ++s) {
    flips += label_of(graph, exact, s) != label_of(graph, near, s) ? 1 : 0;
  }
  return static_cast<double>(flips) / static_cast<double>(inputs.size());
}

void write_notes(const Graph& graph, const Replaced& replaced, int bits, double flips, std::size_t inputs,
                 Notes& notes) {
  std::size_t next = 0;
  for (const graph::Node& node : graph.nodes) {
    if (!std::holds_alternative<MaxPool>(node.op)) continue;
    notes.push_back(fmt::format(
        "max_pool '{}' is approximated by maxima of two to {} bits, which takes up to {} levels; average pooling "
        "takes one at most",
        node.name, bits, replaced.levels[next++]));
  }
  notes.push_back(fmt::format("approximate max pooling changes the label of {:.2f} % of {} calibration inputs",
                              100 * flips, inputs));
}

}  // namespace

base::Result<Graph> approximate_maxpool(Graph graph, const PassContext& context, Notes& notes) {
  const auto first = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                  [](const graph::Node& node) { return std::holds_alternative<MaxPool>(node.op); });
  if (first == graph.nodes.end()) return graph;
  const auto inputs = context.calibration.first(std::min(kMostInputs, context.calibration.size()));
  if (inputs.empty()) {
    return base::fail(
        base::ErrorCode::kUsage,
        fmt::format("max_pool '{}' has to be approximated, but there are no calibration inputs", first->name),
        "give inputs like those the network will see, a hundred or more");
  }
  const std::vector<Samples> seen = operands_of(graph, inputs);
  for (int bits = kLeastBits;; ++bits) {
    OBSCURA_TRY(fit::CompositeSign sign, fit::composite_sign(bits));
    OBSCURA_TRY(Replaced replaced, replace_all(graph, seen, {std::move(sign), context.fit.weights.margin}));
    const double flips = flip_share(graph, replaced.graph, inputs);
    if (flips > context.fit.most_flips && bits < kMostBits) continue;
    write_notes(graph, replaced, bits, flips, inputs.size(), notes);
    return std::move(replaced.graph);
  }
}

}  // namespace obscura::compiler::passes
