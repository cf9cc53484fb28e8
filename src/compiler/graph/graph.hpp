#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "compiler/graph/ops.hpp"

namespace obscura::compiler::graph {

struct ValueTag;
/// A value of the graph, numbered by the node that makes it: every node makes exactly one.
using ValueId = base::Strong<ValueTag, std::size_t>;

/// One operator, the values it reads, and the shape of the value it makes.
struct Node {
  Op op;
  std::vector<ValueId> operands;
  Shape shape;
  std::string name;  ///< of the operator in the model, for messages
};

/// A network on one sample. Nodes stand in an order in which every operand comes before its use; the
/// first node is the only Input. verify() holds a graph against these rules.
struct Graph {
  std::vector<Node> nodes;
  std::vector<ValueId> outputs;
  std::vector<std::string> output_names{};  ///< what the model calls them, or none at all. [outputs]

  [[nodiscard]] const Node& node(ValueId id) const { return nodes[id.value()]; }
  [[nodiscard]] const Shape& shape(ValueId id) const { return nodes[id.value()].shape; }
};

/// Adds a node after all others and gives it the inferred shape. Operands must exist. Errors:
/// kCorrupt when the operator does not fit its operands, kLimit when the result is too large.
[[nodiscard]] base::Result<ValueId> append(Graph& graph, Op op, std::vector<ValueId> operands, std::string name);

/// What output number i is called: the model's name for it, else that of the node that makes it.
[[nodiscard]] const std::string& output_name(const Graph& graph, std::size_t i);

/// How many nodes read each value; being an output counts as one more reader. [nodes]
[[nodiscard]] std::vector<std::size_t> count_uses(const Graph& graph);

}  // namespace obscura::compiler::graph
