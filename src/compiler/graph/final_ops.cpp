#include "compiler/graph/final_ops.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::compiler::graph {
namespace {

bool only_moves(const Op& op) {
  return std::holds_alternative<Reshape>(op) || std::holds_alternative<Transpose>(op);
}

// Whether each value is a final operator's result, moved or not: [nodes].
std::vector<bool> find_final(const Graph& graph) {
  std::vector<bool> final(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    final[i] = is_final(node.op) || (only_moves(node.op) && final[node.operands[0].value()]);
  }
  return final;
}

// The operators between the last value that is not final and an output, last one first.
std::vector<ValueId> final_path(const Graph& graph, const std::vector<bool>& final, ValueId output) {
  std::vector<ValueId> path;
  while (final[output.value()]) {
    path.push_back(output);
    output = graph.node(output).operands[0];
  }
  return path;
}

}  // namespace

bool is_final(const Op& op) {
  return std::holds_alternative<Softmax>(op) || std::holds_alternative<ArgMax>(op);
}

base::Result<void> check_final_ops(const Graph& graph) {
  const std::vector<bool> final = find_final(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (final[i]) continue;
    for (const ValueId operand : graph.nodes[i].operands) {
      if (!final[operand.value()]) continue;
      const Node& source = graph.node(operand);
      return base::fail(base::ErrorCode::kUnsupported,
                        fmt::format("node '{}' ({}): '{}' ({}) computes with its result", source.name,
                                    op_name(source.op), graph.nodes[i].name, op_name(graph.nodes[i].op)),
                        "softmax and arg_max are done after decryption and can only stand at the end of the network");
    }
  }
  return {};
}

base::Result<Stripped> strip_final_ops(const Graph& graph) {
  OBSCURA_TRY_VOID(check_final_ops(graph));
  const std::vector<bool> final = find_final(graph);
  Stripped result;
  std::vector<ValueId> now(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (final[i]) continue;
    Node node = graph.nodes[i];
    for (ValueId& operand : node.operands) operand = now[operand.value()];
    result.body.nodes.push_back(std::move(node));
    now[i] = ValueId(result.body.nodes.size() - 1);
  }
  result.body.output_names = graph.output_names;
  for (const ValueId output : graph.outputs) {
    const std::vector<ValueId> path = final_path(graph, final, output);
    const ValueId last = path.empty() ? output : graph.node(path.back()).operands[0];
    result.body.outputs.push_back(now[last.value()]);
    Graph tail;
    OBSCURA_TRY(ValueId end, append(tail, Input{graph.shape(last)}, {}, graph.node(last).name));
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      OBSCURA_TRY(end, append(tail, graph.node(*step).op, {end}, graph.node(*step).name));
    }
    tail.outputs = {end};
    result.tails.push_back(std::move(tail));
  }
  return result;
}

}  // namespace obscura::compiler::graph
