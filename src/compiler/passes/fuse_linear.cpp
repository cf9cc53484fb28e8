#include "compiler/passes/fuse_linear.hpp"

#include <fmt/format.h>

#include "compiler/graph/linear_rows.hpp"
#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Linear;
using graph::ValueId;

// Multiplies the old node's matrix onto the Linear that makes its operand.
base::Result<void> fuse(Rebuild& rebuild, ValueId id, ValueId into, Notes& notes) {
  const graph::Node& outer = rebuild.old().node(id);
  graph::Node& inner = rebuild.fresh(into);
  auto& linear = std::get<Linear>(inner.op);
  if (!std::holds_alternative<graph::Reshape>(outer.op)) {
    OBSCURA_TRY(const auto matrix, graph::as_sparse_matrix(rebuild.old(), id));
    const std::size_t before = matrix.entries() + linear.matrix.entries();
    OBSCURA_TRY(linear.matrix, graph::multiply(matrix, linear.matrix));
    notes.push_back(fmt::format("'{}' and '{}' are one matrix: {} weights became {}, one level less", inner.name,
                                outer.name, before, linear.matrix.entries()));
  }
  linear.shape = outer.shape;
  inner.shape = outer.shape;
  inner.name += "+" + outer.name;
  rebuild.replace(id, into);
  return {};
}

base::Result<void> fuse_or_emit(Rebuild& rebuild, ValueId id, Notes& notes) {
  const graph::Node& node = rebuild.old().node(id);
  const ValueId operand = rebuild.now(node.operands[0]);
  if (rebuild.uses(node.operands[0]) == 1 && std::holds_alternative<Linear>(rebuild.fresh(operand).op)) {
    return fuse(rebuild, id, operand, notes);
  }
  OBSCURA_TRY(auto matrix, graph::as_sparse_matrix(rebuild.old(), id));
  OBSCURA_TRY(const ValueId fresh, rebuild.emit(Linear{std::move(matrix), node.shape}, {operand}, node.name));
  rebuild.replace(id, fresh);
  return {};
}

// [nodes] Whether some reader of the value is no linear operator, or it is an output.
std::vector<bool> read_by_others(const graph::Graph& graph) {
  std::vector<bool> result(graph.nodes.size(), false);
  for (const graph::Node& node : graph.nodes) {
    if (graph::is_linear(node.op)) continue;
    for (const ValueId operand : node.operands) result[operand.value()] = true;
  }
  for (const ValueId output : graph.outputs) result[output.value()] = true;
  return result;
}

// Whether the node is a shift that no matrix takes for free.
bool stays(Rebuild& rebuild, ValueId id, const std::vector<bool>& others) {
  const graph::Node& node = rebuild.old().node(id);
  const auto* affine = std::get_if<graph::Affine>(&node.op);
  if (affine == nullptr || !graph::only_shifts(*affine) || (!others[id.value()] && rebuild.uses(id) == 1)) return false;
  const bool behind_matrix = std::holds_alternative<Linear>(rebuild.fresh(rebuild.now(node.operands[0])).op);
  return !behind_matrix || rebuild.uses(node.operands[0]) > 1;
}

}  // namespace

base::Result<graph::Graph> fuse_linear(graph::Graph graph, Notes& notes) {
  const std::vector<bool> others = read_by_others(graph);
  Rebuild rebuild(std::move(graph));
  for (std::size_t i = 0; i < rebuild.old().nodes.size(); ++i) {
    if (graph::is_linear(rebuild.old().nodes[i].op) && !stays(rebuild, ValueId(i), others)) {
      OBSCURA_TRY_VOID(fuse_or_emit(rebuild, ValueId(i), notes));
    } else {
      OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
    }
  }
  return rebuild.finish();
}

}  // namespace obscura::compiler::passes
