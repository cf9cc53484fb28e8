#include "compiler/graph/graph.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "compiler/graph/infer_shape.hpp"

namespace obscura::compiler::graph {

base::Result<ValueId> append(Graph& graph, Op op, std::vector<ValueId> operands, std::string name) {
  std::vector<Shape> shapes;
  for (const ValueId operand : operands) {
    OBSCURA_CHECK(operand.value() < graph.nodes.size(), "operand does not exist");
    shapes.push_back(graph.shape(operand));
  }
  auto shape = infer_shape(op, shapes);
  if (!shape) {
    shape.error().message = fmt::format("{} '{}': {}", op_name(op), name, shape.error().message);
    return base::forward_error(shape);
  }
  graph.nodes.push_back(Node{std::move(op), std::move(operands), std::move(*shape), std::move(name)});
  return ValueId(graph.nodes.size() - 1);
}

const std::string& output_name(const Graph& graph, std::size_t i) {
  return graph.output_names.empty() ? graph.node(graph.outputs[i]).name : graph.output_names[i];
}

std::vector<std::size_t> count_uses(const Graph& graph) {
  std::vector<std::size_t> uses(graph.nodes.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueId operand : node.operands) ++uses[operand.value()];
  }
  for (const ValueId output : graph.outputs) ++uses[output.value()];
  return uses;
}

}  // namespace obscura::compiler::graph
