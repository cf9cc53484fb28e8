#include "compiler/passes/lower_to_chain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/final_ops.hpp"
#include "compiler/graph/linear_rows.hpp"

namespace obscura::compiler::passes {
namespace {

using base::ErrorCode;
using graph::ValueId;

// Why the operator has no place in a chain, and what to do.
tl::unexpected<base::Error> refuse(const graph::Node& node) {
  const std::string what = fmt::format("{} '{}'", graph::op_name(node.op), node.name);
  if (std::holds_alternative<graph::Add>(node.op)) {
    return base::fail(ErrorCode::kUnsupported, what + " adds two branches of the network",
                      "this version compiles networks without skip connections");
  }
  if (std::holds_alternative<graph::Multiply>(node.op)) {
    return base::fail(ErrorCode::kUnsupported, what + " multiplies two different values",
                      "this version multiplies a value only by itself and by constants");
  }
  if (std::holds_alternative<graph::Concat>(node.op)) {
    return base::fail(ErrorCode::kUnsupported, what + " joins branches of the network",
                      "this version compiles networks without branches");
  }
  if (std::holds_alternative<graph::Activation>(node.op) || std::holds_alternative<graph::MaxPool>(node.op) ||
      std::holds_alternative<graph::Polynomial>(node.op)) {
    return base::fail(ErrorCode::kUnsupported, what + " is not a polynomial of degree 2",
                      "use the square x*x or a quadratic such as x*x + 2*x as activation and train again");
  }
  if (graph::is_final(node.op)) {
    return base::fail(ErrorCode::kUnsupported, what + " is left to whoever holds the key",
                      "end the model before it, and apply it after decryption");
  }
  return base::fail(ErrorCode::kUnsupported, what + " is neither a matrix nor a square",
                    "do not skip the passes complete_square and fuse_linear");
}

// The nodes from the input to the output, both included.
base::Result<std::vector<ValueId>> path(const graph::Graph& graph) {
  if (graph.outputs.size() != 1) {
    return base::fail(ErrorCode::kUnsupported, fmt::format("the network has {} outputs", graph.outputs.size()),
                      "export it with one output");
  }
  std::vector<ValueId> nodes{graph.outputs[0]};
  while (!graph.node(nodes.back()).operands.empty()) {
    const graph::Node& node = graph.node(nodes.back());
    if (graph::operand_count(node.op) != 1) return refuse(node);
    nodes.push_back(node.operands[0]);
  }
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

graph::LinearStage identity_stage(const graph::Shape& shape) {
  return {graph::identity_matrix(static_cast<std::size_t>(graph::element_count(shape))), shape, "identity"};
}

}  // namespace

base::Result<graph::Chain> lower_to_chain(graph::Graph graph) {
  OBSCURA_TRY(const auto nodes, path(graph));
  graph::Chain chain;
  chain.input = graph.nodes[0].shape;
  bool squared = true;  // whether the next matrix follows the input or a square
  for (const ValueId id : nodes) {
    graph::Node& node = graph.nodes[id.value()];
    if (std::holds_alternative<graph::Affine>(node.op)) {
      OBSCURA_TRY(auto matrix, graph::as_sparse_matrix(graph, id));
      node.op = graph::Linear{std::move(matrix), node.shape};
    }
    if (auto* linear = std::get_if<graph::Linear>(&node.op)) {
      if (!squared) {
        return base::fail(ErrorCode::kUnsupported,
                          fmt::format("'{}' and the layer before it are two matrices in a row", node.name),
                          "this version compiles networks without branches");
      }
      chain.stages.push_back({std::move(linear->matrix), node.shape, node.name});
      squared = false;
    } else if (std::holds_alternative<graph::Square>(node.op)) {
      if (squared) chain.stages.push_back(identity_stage(node.shape));
      squared = true;
    } else if (!std::holds_alternative<graph::Input>(node.op)) {
      return refuse(node);
    }
  }
  if (squared) chain.stages.push_back(identity_stage(graph.shape(nodes.back())));
  OBSCURA_TRY_VOID(graph::check_chain(chain));
  return chain;
}

}  // namespace obscura::compiler::passes
