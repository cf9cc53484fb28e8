#include "compiler/graph/verify.hpp"

#include <fmt/format.h>

#include "compiler/graph/final_ops.hpp"
#include "compiler/graph/infer_shape.hpp"

namespace obscura::compiler::graph {
namespace {

tl::unexpected<base::Error> broken(const Graph& graph, std::size_t index, const std::string& rule) {
  const Node& node = graph.nodes[index];
  return base::fail(base::ErrorCode::kCorrupt,
                    fmt::format("graph: %{} {} '{}': {}", index, op_name(node.op), node.name, rule));
}

base::Result<void> verify_node(const Graph& graph, std::size_t index) {
  const Node& node = graph.nodes[index];
  if (std::holds_alternative<Input>(node.op) != (index == 0)) {
    return broken(graph, index, "the first node, and only that one, must be the input");
  }
  std::vector<Shape> shapes;
  for (const ValueId operand : node.operands) {
    if (operand.value() >= index) return broken(graph, index, "reads a value that is not made before it");
    shapes.push_back(graph.shape(operand));
  }
  auto shape = infer_shape(node.op, shapes);
  if (!shape) return broken(graph, index, shape.error().message);
  if (*shape != node.shape) {
    return broken(graph, index, fmt::format("is {} but says {}", to_string(*shape), to_string(node.shape)));
  }
  if (const auto* linear = std::get_if<Linear>(&node.op)) {
    if (auto checked = check_matrix(linear->matrix); !checked) return broken(graph, index, checked.error().message);
  }
  return {};
}

}  // namespace

base::Result<void> verify(const Graph& graph) {
  if (graph.nodes.empty()) return base::fail(base::ErrorCode::kCorrupt, "graph: no nodes");
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) OBSCURA_TRY_VOID(verify_node(graph, i));
  if (graph.outputs.empty()) return base::fail(base::ErrorCode::kCorrupt, "graph: no outputs");
  for (const ValueId output : graph.outputs) {
    if (output.value() >= graph.nodes.size()) return base::fail(base::ErrorCode::kCorrupt, "graph: unknown output");
  }
  if (!graph.output_names.empty() && graph.output_names.size() != graph.outputs.size()) {
    return base::fail(base::ErrorCode::kCorrupt, "graph: outputs and their names differ in number");
  }
  return check_final_ops(graph);
}

}  // namespace obscura::compiler::graph
