#include "compiler/passes/fuse_linear.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/linear_rows.hpp"
#include "compiler/passes/rebuild.hpp"
#include "compiler/passes/remove_unused.hpp"

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

bool is_shift(const graph::Node& node) {
  const auto* affine = std::get_if<graph::Affine>(&node.op);
  return affine != nullptr &&
         std::all_of(affine->scale.begin(), affine->scale.end(), [](double scale) { return scale == 1.0; });
}

// Takes a shift in front of a matrix into its bias: A (x + s) + b = A x + (A s + b). The value without the shift.
ValueId take_shift(const graph::Node& shift, graph::SparseMatrix& matrix) {
  matrix.bias = graph::evaluate(matrix, graph::expand(std::get<graph::Affine>(shift.op).shift, shift.shape));
  return shift.operands[0];
}

base::Result<void> fuse_or_emit(Rebuild& rebuild, ValueId id, Notes& notes) {
  const graph::Node& node = rebuild.old().node(id);
  ValueId operand = rebuild.now(node.operands[0]);
  const bool only_reader = rebuild.uses(node.operands[0]) == 1;
  if (only_reader && std::holds_alternative<Linear>(rebuild.fresh(operand).op)) {
    return fuse(rebuild, id, operand, notes);
  }
  if (is_shift(node)) return rebuild.copy(id);  // takes no level as it is
  OBSCURA_TRY(auto matrix, graph::as_sparse_matrix(rebuild.old(), id));
  if (only_reader && is_shift(rebuild.fresh(operand))) operand = take_shift(rebuild.fresh(operand), matrix);
  OBSCURA_TRY(const ValueId fresh, rebuild.emit(Linear{std::move(matrix), node.shape}, {operand}, node.name));
  rebuild.replace(id, fresh);
  return {};
}

}  // namespace

base::Result<graph::Graph> fuse_linear(graph::Graph graph, Notes& notes) {
  Rebuild rebuild(std::move(graph));
  for (std::size_t i = 0; i < rebuild.old().nodes.size(); ++i) {
    if (graph::is_linear(rebuild.old().nodes[i].op)) {
      OBSCURA_TRY_VOID(fuse_or_emit(rebuild, ValueId(i), notes));
    } else {
      OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
    }
  }
  Notes ignored;  // what is left unused are shifts that a matrix took
  return remove_unused(rebuild.finish(), ignored);
}

}  // namespace obscura::compiler::passes
