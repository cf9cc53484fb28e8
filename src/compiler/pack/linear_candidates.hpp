#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "base/parallel.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/pack/network_packing.hpp"

namespace obscura::compiler::pack {

/// A way to compute a linear node, with the layout that its operand must have.
struct LinearCandidate {
  LayoutPtr input;  ///< null: the node reads the data owner's ciphertexts itself
  std::shared_ptr<const NodePacking> packing;
};

/// All ways worth weighing to compute the linear nodes of one graph in ciphertexts of one size. What does not depend
/// on costs is kept between calls. Graph, pool and threads must outlive the object.
class LinearCandidates {
 public:
  LinearCandidates(const graph::Graph& graph, int slots, LayoutPool& pool, const base::Parallel& parallel);

  /// Whether node `id` is the only reader of the input, and so may choose how it is laid out.
  [[nodiscard]] bool is_first(graph::ValueId id) const;

  /// For an operand in that layout. Of candidates with equal outputs the cheapest.
  [[nodiscard]] std::vector<LinearCandidate> behind(graph::ValueId id, const LayoutPtr& input, const NodeCost& cost);
  /// For the first layer.
  [[nodiscard]] std::vector<LinearCandidate> first(graph::ValueId id, const NodeCost& cost);
  /// Layouts of a tensor that is laid out by the data owner and read by several nodes.
  [[nodiscard]] std::vector<LayoutPtr> inputs(graph::ValueId id);

 private:
  using Mapped = std::vector<std::vector<MappedAlternative>>;
  using Found = std::map<LayoutPtr, std::pair<double, LinearCandidate>, LayoutOrder>;

  void add_mapped(graph::ValueId id, const LayoutPtr& input, double input_cost, const NodeCost& cost, Found& found);
  void add_vectors(graph::ValueId id, const LayoutPtr& input, const NodeCost& cost, Found& found);
  void add_gathers(graph::ValueId id, const NodeCost& cost, Found& found);
  void offer(const LinearCandidate& candidate, double cost, Found& found) const;

  const graph::SparseMatrix& matrix(graph::ValueId id) const;
  const std::vector<LayoutPtr>& outputs(graph::ValueId id);
  /// Layouts of a result, each with and without folding where that differs.
  using Wanted = std::vector<std::pair<LayoutPtr, bool>>;
  Wanted wanted(graph::ValueId id, const LayoutPtr& input);
  void prepare(graph::ValueId id, const LayoutPtr& input, const Wanted& wanted);
  const std::vector<VectorPacking>& vectors(graph::ValueId id, const LayoutPtr& input);
  std::vector<int> useful_periods(graph::ValueId id) const;

  const graph::Graph& graph_;
  int slots_;
  LayoutPool& pool_;
  const base::Parallel& parallel_;
  std::vector<std::vector<graph::ValueId>> readers_;
  std::map<graph::ValueId, std::vector<LayoutPtr>> outputs_;
  std::map<std::tuple<graph::ValueId, LayoutPtr, LayoutPtr, bool>, Mapped> mapped_;     // looked up only
  std::map<std::pair<graph::ValueId, LayoutPtr>, std::vector<VectorPacking>> vectors_;  // likewise
};

}  // namespace obscura::compiler::pack
