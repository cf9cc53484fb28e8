#include "compiler/passes/fold_affine.hpp"

#include <fmt/format.h>

#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::ValueId;

bool per_output(const graph::Coefficients& coefficients, std::size_t outputs) {
  return coefficients.size() == 1 || coefficients.size() == outputs;
}

// Scales each output's weights and bias. The weights' first dimension is the output.
void scale_outputs(graph::Tensor& weights, std::vector<double>& bias, const graph::Affine& by) {
  const std::size_t outputs = bias.size();
  const std::size_t run = weights.values.size() / outputs;
  for (std::size_t o = 0; o < outputs; ++o) {
    const double scale = by.scale[by.scale.size() == 1 ? 0 : o];
    for (std::size_t i = 0; i < run; ++i) weights.values[o * run + i] *= scale;
    bias[o] = bias[o] * scale + by.shift[by.shift.size() == 1 ? 0 : o];
  }
}

// Whether the layer took the factors into its weights.
bool absorb(graph::Op& layer, const graph::Affine& by) {
  const auto into = [&](auto* op) {
    if (op == nullptr || !per_output(by.scale, op->bias.size()) || !per_output(by.shift, op->bias.size())) return false;
    scale_outputs(op->weights, op->bias, by);
    return true;
  };
  return into(std::get_if<graph::Conv>(&layer)) || into(std::get_if<graph::Dense>(&layer));
}

}  // namespace

base::Result<graph::Graph> fold_affine(graph::Graph graph, Notes& notes) {
  Rebuild rebuild(std::move(graph));
  for (std::size_t i = 0; i < rebuild.old().nodes.size(); ++i) {
    const graph::Node& node = rebuild.old().nodes[i];
    const auto* affine = std::get_if<graph::Affine>(&node.op);
    if (affine != nullptr && rebuild.uses(node.operands[0]) == 1) {
      const ValueId layer = rebuild.now(node.operands[0]);
      if (absorb(rebuild.fresh(layer).op, *affine)) {
        notes.push_back(fmt::format("'{}' is folded into '{}'", node.name, rebuild.fresh(layer).name));
        rebuild.fresh(layer).name += "+" + node.name;
        rebuild.replace(ValueId(i), layer);
        continue;
      }
    }
    OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
  }
  return rebuild.finish();
}

}  // namespace obscura::compiler::passes
