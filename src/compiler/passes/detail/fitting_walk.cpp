#include "compiler/passes/detail/fitting_walk.hpp"

namespace obscura::compiler::passes::detail {

using graph::Batch;
using graph::ValueId;

FittingWalk::FittingWalk(const graph::Graph& graph, const Batch& inputs, std::size_t fitted,
                         const fit::FitWeights& weights)
    : graph_(&graph), weights_(weights), fitted_(fitted), uses_(graph::count_uses(graph)), values_(graph.nodes.size()) {
  values_[0] = std::make_shared<Batch>(inputs);
}

void FittingWalk::put(std::shared_ptr<const Batch> value) {
  for (const ValueId operand : graph_->nodes[next_].operands) {
    if (--uses_[operand.value()] == 0) values_[operand.value()].reset();
  }
  values_[next_] = std::move(value);
  ++next_;
}

bool FittingWalk::advance() {
  while (next_ < graph_->nodes.size() && !needs_circuit(graph_->nodes[next_].op)) {
    std::vector<const Batch*> operands;
    for (const ValueId operand : graph_->nodes[next_].operands) operands.push_back(values_[operand.value()].get());
    put(std::make_shared<Batch>(graph::evaluate_batch(*graph_, ValueId(next_), operands)));
  }
  return next_ < graph_->nodes.size();
}

void FittingWalk::step(std::size_t degree) {
  const Batch& x = *values_[graph_->nodes[next_].operands[0].value()];
  if (degree == 0) {
    const Batch* operand = &x;
    put(std::make_shared<Batch>(graph::evaluate_batch(*graph_, next(), std::span(&operand, 1))));
    return;
  }
  fits_.push_back(fit_layer(*graph_, next(), x, fitted_, degree, weights_));
  put(std::make_shared<Batch>(apply(fits_.back(), x)));
}

void FittingWalk::finish(std::span<const std::size_t> degrees) {
  while (advance()) step(degrees[fits_.size()]);
}

}  // namespace obscura::compiler::passes::detail
