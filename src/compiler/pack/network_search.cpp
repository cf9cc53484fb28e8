#include "compiler/pack/network_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace obscura::compiler::pack {
namespace {

using graph::ValueId;

NetworkPacking with(const NetworkPacking& before, std::shared_ptr<const NodePacking> packing, double cost) {
  NetworkPacking after = before;
  after.nodes.push_back(std::move(packing));
  after.cost += cost;
  return after;
}

std::shared_ptr<const NodePacking> as_is(LayoutPtr layout, std::vector<LayerOps> ops) {
  return std::make_shared<const NodePacking>(NodePacking{AsIs{}, std::move(ops), std::move(layout)});
}

double total(const NodePacking& packing, std::size_t node, const NodeCost& cost) {
  double sum = 0;
  for (const LayerOps& ops : packing.ops) sum += cost(node, ops);
  return sum;
}

}  // namespace

NetworkSearch::NetworkSearch(const graph::Graph& graph, int slots, const base::Parallel& parallel)
    : graph_(graph), slots_(slots), candidates_(graph, slots, pool_, parallel), last_reader_(graph.nodes.size(), 0) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId operand : graph.nodes[i].operands) last_reader_[operand.value()] = i;
  }
  for (const ValueId output : graph.outputs) last_reader_[output.value()] = graph.nodes.size();
}

std::vector<NetworkPacking> NetworkSearch::extend_input(const NetworkPacking& before, const NodeCost& cost) {
  const std::size_t readers = graph::count_uses(graph_)[0];
  if (readers == 1 && graph_.nodes.size() > 1 && candidates_.is_first(ValueId(1))) {
    return {with(before, as_is(nullptr, {}), 0)};
  }
  std::vector<NetworkPacking> packings;
  for (const LayoutPtr& layout : candidates_.inputs(ValueId(0))) {
    LayerOps ops;
    ops.fresh_inputs = layout->ciphertexts();
    packings.push_back(with(before, as_is(layout, {ops}), cost(0, ops)));
  }
  return packings;
}

std::vector<NetworkPacking> NetworkSearch::extend_linear(const NetworkPacking& before, ValueId id,
                                                         const NodeCost& cost) {
  std::vector<NetworkPacking> packings;
  const LayoutPtr& input = before.nodes[graph_.node(id).operands.front().value()]->output;
  const auto candidates = input == nullptr ? candidates_.first(id, cost) : candidates_.behind(id, input, cost);
  for (const LinearCandidate& candidate : candidates) {
    NetworkPacking after = with(before, candidate.packing, total(*candidate.packing, id.value(), cost));
    if (input == nullptr && candidate.input != nullptr) {
      LayerOps ops;
      ops.fresh_inputs = candidate.input->ciphertexts();
      after.nodes.front() = as_is(candidate.input, {ops});
      after.cost += cost(0, ops);
    }
    packings.push_back(std::move(after));
  }
  return packings;
}

std::vector<NetworkPacking> NetworkSearch::extend_slotwise(const NetworkPacking& before, ValueId id,
                                                           const NodeCost& cost) {
  const graph::Node& node = graph_.node(id);
  LayoutPtr layout = before.nodes[node.operands.front().value()]->output;
  if (node.operands.size() == 2) {
    const LayoutPtr& other = before.nodes[node.operands.back().value()]->output;
    if (!compatible(*layout, *other)) return {};
    if (layout != other) layout = pool_.intern(common(*layout, *other));
  }
  LayerOps ops;
  if (std::holds_alternative<graph::Square>(node.op) || std::holds_alternative<graph::Multiply>(node.op)) {
    ops.products = 1;
  }
  if (std::holds_alternative<graph::Bootstrap>(node.op)) ops.bootstraps = 1;
  const auto packing = as_is(layout, std::vector<LayerOps>(static_cast<std::size_t>(layout->ciphertexts()), ops));
  return {with(before, packing, total(*packing, id.value(), cost))};
}

std::vector<NetworkPacking> NetworkSearch::extend(const NetworkPacking& before, ValueId id, const NodeCost& cost) {
  const graph::Op& op = graph_.node(id).op;
  if (std::holds_alternative<graph::Input>(op)) return extend_input(before, cost);
  if (std::holds_alternative<graph::Linear>(op)) return extend_linear(before, id, cost);
  return extend_slotwise(before, id, cost);
}

// Keeps the cheapest packing for each combination of layouts that is still to be read, then the `beam` cheapest of
// those; of equals the one that came first.
std::vector<NetworkPacking> NetworkSearch::prune(std::vector<NetworkPacking> packings, std::size_t done,
                                                 const SearchOptions& options) const {
  const bool is_last = done == graph_.nodes.size();
  std::stable_sort(packings.begin(), packings.end(),
                   [](const NetworkPacking& a, const NetworkPacking& b) { return a.cost < b.cost; });
  std::vector<NetworkPacking> kept;
  std::set<std::vector<const TensorLayout*>> seen;
  for (NetworkPacking& packing : packings) {
    if (kept.size() == (is_last ? options.results : options.beam) || packing.cost >= options.most_cost) break;
    std::vector<const TensorLayout*> live;
    for (std::size_t i = 0; i < done; ++i) {
      if (last_reader_[i] >= done) live.push_back(packing.nodes[i]->output.get());
    }
    if (!is_last && !seen.insert(std::move(live)).second) continue;
    kept.push_back(std::move(packing));
  }
  return kept;
}

base::Result<std::vector<NetworkPacking>> NetworkSearch::run(const NodeCost& cost, const SearchOptions& options) {
  OBSCURA_TRY_VOID(check_packable(graph_));
  std::vector<NetworkPacking> packings{NetworkPacking{}};
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    std::vector<NetworkPacking> next;
    for (const NetworkPacking& before : packings) {
      for (NetworkPacking& packing : extend(before, ValueId(i), cost)) next.push_back(std::move(packing));
    }
    if (next.empty() && !packings.empty()) {
      const graph::Node& node = graph_.nodes[i];
      return base::fail(base::ErrorCode::kUnsupported,
                        fmt::format("layer {} '{}' of shape {} fits no packing in ciphertexts of {} slots", i,
                                    node.name, graph::to_string(node.shape), slots_),
                        "make the layer smaller, or allow a larger ring degree");
    }
    packings = prune(std::move(next), i + 1, options);
  }
  return packings;
}

}  // namespace obscura::compiler::pack
