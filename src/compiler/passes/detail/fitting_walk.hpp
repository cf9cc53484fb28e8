#pragma once

#include <memory>
#include <span>
#include <vector>

#include "compiler/passes/detail/layer_fit.hpp"

namespace obscura::compiler::passes::detail {

/// A walk through a network for a batch of inputs, which fits one activation after the other: each to the
/// values that arrive through the polynomials before it. Copies are cheap and walk on independently.
class FittingWalk {
 public:
  /// Fits on the first `fitted` inputs of the batch. The graph must outlive the walk.
  FittingWalk(const graph::Graph& graph, const graph::Batch& inputs, std::size_t fitted,
              const fit::FitWeights& weights);

  /// Evaluates nodes up to the next activation, which then waits in next(); false at the end.
  [[nodiscard]] bool advance();
  /// The activation that waits.
  [[nodiscard]] graph::ValueId next() const { return graph::ValueId(next_); }
  /// Fits it with that degree and steps over it; 0 stands for the exact function.
  void step(std::size_t degree);
  /// Steps over all that is left: degrees[i] for the i-th activation of the network.
  void finish(std::span<const std::size_t> degrees);

  /// The activations passed so far, in order.
  [[nodiscard]] const std::vector<LayerFit>& fits() const { return fits_; }
  /// A value that nothing after the walk's place needs any more is gone, outputs excepted.
  [[nodiscard]] const graph::Batch& value(graph::ValueId id) const { return *values_[id.value()]; }
  /// Keeps a value to the end.
  void keep(graph::ValueId id) { ++uses_[id.value()]; }

 private:
  void put(std::shared_ptr<const graph::Batch> value);

  const graph::Graph* graph_;
  fit::FitWeights weights_;
  std::size_t fitted_;
  std::size_t next_ = 1;
  std::vector<std::size_t> uses_;
  std::vector<std::shared_ptr<const graph::Batch>> values_;
  std::vector<LayerFit> fits_;
};

}  // namespace obscura::compiler::passes::detail
