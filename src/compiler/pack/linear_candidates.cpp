#include "compiler/pack/linear_candidates.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "compiler/pack/grid.hpp"
#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {
namespace {

using graph::ValueId;

constexpr int kMostCiphertexts = 32;
constexpr std::size_t kMostTerms = std::size_t{1} << 15;
/// Vector families try every alternative entry by entry; larger matrices are left to the mapped ones.
constexpr std::size_t kMostVectorEntries = std::size_t{1} << 17;

double total(const std::vector<LayerOps>& ops, std::size_t node, const NodeCost& cost) {
  double sum = 0;
  for (const LayerOps& o : ops) sum += cost(node, o);
  return sum;
}

bool can_fold(const TensorLayout& input, const TensorLayout& output) {
  const int period = input.largest_period();
  if (output.parts()) return period <= output.parts()->block / 2 && output.parts()->size < period;
  return output.largest_period() < period;
}

LayerOps reading(int ciphertexts) {
  LayerOps ops;
  ops.fresh_inputs = ciphertexts;
  return ops;
}

}  // namespace

LinearCandidates::LinearCandidates(const graph::Graph& graph, int slots, LayoutPool& pool,
                                   const base::Parallel& parallel)
    : graph_(graph), slots_(slots), pool_(pool), parallel_(parallel), readers_(graph.nodes.size()) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId operand : graph.nodes[i].operands) readers_[operand.value()].push_back(ValueId(i));
  }
}

bool LinearCandidates::is_first(ValueId id) const {
  const graph::Node& node = graph_.node(id);
  return std::holds_alternative<graph::Linear>(node.op) && node.operands.front() == ValueId(0) &&
         readers_[0].size() == 1;
}

const graph::SparseMatrix& LinearCandidates::matrix(ValueId id) const {
  return std::get<graph::Linear>(graph_.node(id).op).matrix;
}

const std::vector<LayoutPtr>& LinearCandidates::outputs(ValueId id) {
  const auto known = outputs_.find(id);
  if (known != outputs_.end()) return known->second;
  std::vector<LayoutPtr> layouts;
  std::vector<TensorLayout> all = grid_layouts(graph_.shape(id), slots_, kMostCiphertexts);
  for (TensorLayout& layout : repeated_layouts(graph_.shape(id), slots_)) all.push_back(std::move(layout));
  for (TensorLayout& layout : all) {
    const LayoutPtr interned = pool_.intern(std::move(layout));
    if (std::find(layouts.begin(), layouts.end(), interned) == layouts.end()) layouts.push_back(interned);
  }
  return outputs_.emplace(id, std::move(layouts)).first->second;
}

LinearCandidates::Wanted LinearCandidates::wanted(ValueId id, const LayoutPtr& input) {
  std::vector<LayoutPtr> layouts = outputs(id);
  if (input->elements() == matrix(id).rows) layouts.push_back(input);
  Wanted wanted;
  for (const LayoutPtr& output : layouts) {
    wanted.push_back({output, false});
    if (can_fold(*input, *output)) wanted.push_back({output, true});
  }
  return wanted;
}

// Fills mapped_ for all of them: what takes the time of a search.
void LinearCandidates::prepare(ValueId id, const LayoutPtr& input, const Wanted& wanted) {
  std::vector<std::pair<const TensorLayout*, bool>> missing;
  std::vector<Mapped*> results;
  for (const auto& [output, folded] : wanted) {
    const auto [it, is_new] = mapped_.try_emplace({id, input, output, folded});
    if (!is_new) continue;
    missing.push_back({output.get(), folded});
    results.push_back(&it->second);
  }
  const bool is_last = ends_network(graph_, id);
  parallel_.for_each(missing.size(), [&](std::size_t i) {
    const auto& [output, folded] = missing[i];
    const Rotations rotations = rotations_between(matrix(id), *input, *output, folded, kMostTerms);
    *results[i] = mapped_alternatives(rotations, *input, *output, folded, is_last);
  });
}

void LinearCandidates::offer(const LinearCandidate& candidate, double cost, Found& found) const {
  const auto [it, is_new] = found.try_emplace(candidate.packing->output, cost, candidate);
  if (!is_new && cost < it->second.first) it->second = {cost, candidate};
}

void LinearCandidates::add_mapped(ValueId id, const LayoutPtr& input, double input_cost, const NodeCost& cost,
                                  Found& found) {
  const Wanted all = wanted(id, input);
  prepare(id, input, all);
  for (const auto& [output, folded] : all) {
    const Mapped& alternatives = mapped_.at({id, input, output, folded});
    if (alternatives.empty()) continue;
    NodePacking packing{AsIs{}, {}, output};
    MappedShape shape{input, output, folded, {}};
    double sum = input_cost;
    for (const auto& of_result : alternatives) {
      const MappedAlternative* best = nullptr;
      double least = std::numeric_limits<double>::infinity();
      for (const MappedAlternative& alternative : of_result) {
        const double price = cost(id.value(), alternative.ops);
        if (price < least) std::tie(best, least) = std::tuple{&alternative, price};
      }
      shape.results.push_back(best->result);
      packing.ops.push_back(best->ops);
      sum += least;
    }
    packing.shape = std::move(shape);
    offer({input, std::make_shared<const NodePacking>(std::move(packing))}, sum, found);
  }
}

std::vector<int> LinearCandidates::useful_periods(ValueId id) const {
  const int elements = static_cast<int>(matrix(id).rows);
  std::vector<int> periods{elements};
  ValueId next = id;
  while (readers_[next.value()].size() == 1) {
    next = readers_[next.value()].front();
    const auto* linear = std::get_if<graph::Linear>(&graph_.node(next).op);
    if (linear == nullptr) continue;
    const int rows = static_cast<int>(linear->matrix.rows);
    for (int folds = 1;; folds *= 2) {
      const int step = std::max(rows, ceil_div(elements, folds));
      periods.push_back(folds * step);
      if (step == rows) break;
    }
    break;
  }
  std::sort(periods.begin(), periods.end());
  periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
  return periods;
}

const std::vector<VectorPacking>& LinearCandidates::vectors(ValueId id, const LayoutPtr& input) {
  const auto key = std::pair{id, input};
  const auto known = vectors_.find(key);
  if (known != vectors_.end()) return known->second;
  const VectorContext context{slots_, useful_periods(id), ends_network(graph_, id)};
  auto packings = input == nullptr ? first_vector_candidates(matrix(id), context)
                                   : vector_candidates(matrix(id), *input->windowed(), context);
  return vectors_.emplace(key, without_dominated(std::move(packings))).first->second;
}

void LinearCandidates::add_vectors(ValueId id, const LayoutPtr& input, const NodeCost& cost, Found& found) {
  const graph::SparseMatrix& m = matrix(id);
  if (m.entries() > kMostVectorEntries || static_cast<int>(m.rows) > slots_) return;
  if (input != nullptr && !input->windowed()) return;
  // Layouts are wide: only the cheapest packing of each is put into words.
  std::map<Layout, std::pair<double, const VectorPacking*>> best;
  for (const VectorPacking& packing : vectors(id, input)) {
    const double price = cost(id.value(), packing.ops);
    const auto [it, is_new] = best.try_emplace(packing.output, price, &packing);
    if (!is_new && price < it->second.first) it->second = {price, &packing};
  }
  for (const auto& [layout, choice] : best) {
    const LayoutPtr output = pool_.intern(layout);
    offer({input, std::make_shared<const NodePacking>(NodePacking{*choice.second, {choice.second->ops}, output})},
          choice.first, found);
  }
}

void LinearCandidates::add_gathers(ValueId id, const NodeCost& cost, Found& found) {
  for (const LayoutPtr& output : outputs(id)) {
    for (MappedGatherPacking& packing : mapped_gathers(matrix(id), output, ends_network(graph_, id))) {
      const double price = total(packing.ops, id.value(), cost);
      offer({nullptr, std::make_shared<const NodePacking>(
                          NodePacking{std::move(packing.shape), std::move(packing.ops), output})},
            price, found);
    }
  }
}

std::vector<LinearCandidate> LinearCandidates::behind(ValueId id, const LayoutPtr& input, const NodeCost& cost) {
  Found found;
  // Small matrices between vectors: those families know all that the mapped ones could do, and more. Of planes, which
  // may stand in slots like a vector too, they know nothing.
  add_vectors(id, input, cost, found);
  const Planes planes = planes_of(graph_.shape(id));
  if (found.empty() || planes.rows > 1) add_mapped(id, input, 0, cost, found);
  std::vector<LinearCandidate> candidates;
  for (auto& [output, choice] : found) candidates.push_back(std::move(choice.second));
  return candidates;
}

std::vector<LinearCandidate> LinearCandidates::first(ValueId id, const NodeCost& cost) {
  Found found;
  add_vectors(id, nullptr, cost, found);
  add_gathers(id, cost, found);
  for (const LayoutPtr& input : inputs(ValueId(0))) {
    add_mapped(id, input, cost(0, reading(input->ciphertexts())), cost, found);
  }
  std::vector<LinearCandidate> candidates;
  for (auto& [output, choice] : found) candidates.push_back(std::move(choice.second));
  return candidates;
}

std::vector<LayoutPtr> LinearCandidates::inputs(ValueId id) {
  std::vector<LayoutPtr> layouts;
  for (TensorLayout& layout : input_layouts(graph_.shape(id), slots_, kMostCiphertexts)) {
    const LayoutPtr interned = pool_.intern(std::move(layout));
    if (std::find(layouts.begin(), layouts.end(), interned) == layouts.end()) layouts.push_back(interned);
  }
  return layouts;
}

}  // namespace obscura::compiler::pack
