#include "compiler/compile/node_levels.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::compiler::compile {

using graph::ValueId;

std::vector<bool> at_end(const graph::Graph& graph) {
  std::vector<bool> ends(graph.nodes.size(), false);
  for (const ValueId output : graph.outputs) ends[output.value()] = true;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    if (!ends[i] || depth_of(graph.nodes[i]) > 0) continue;
    for (const ValueId operand : graph.nodes[i].operands) ends[operand.value()] = true;
  }
  return ends;
}

int depth_of(const graph::Node& node) {
  const bool multiplies =
      std::holds_alternative<graph::Square>(node.op) || std::holds_alternative<graph::Multiply>(node.op);
  return multiplies || std::holds_alternative<graph::Linear>(node.op) ? 1 : 0;
}

bool ends_in_matrices(const graph::Graph& graph) {
  const std::vector<bool> ends = at_end(graph);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    if (ends[i] && depth_of(node) > 0 && !std::holds_alternative<graph::Linear>(node.op)) return false;
    if (ends[i] && node.operands.empty()) return false;
    if (ends[i] && depth_of(node) == 0) continue;
    const bool reads_end =
        std::any_of(node.operands.begin(), node.operands.end(), [&](ValueId operand) { return ends[operand.value()]; });
    if (reads_end) return false;
  }
  return true;
}

std::vector<int> node_levels(const graph::Graph& graph, place::Ending ending) {
  const std::vector<bool> ends = at_end(graph);
  const bool unrescaled = ending != place::Ending::kRescaled;
  const int bottom = ending == place::Ending::kTwoPrimes ? 1 : 0;
  std::vector<int> result(graph.nodes.size(), bottom);  // levels of the results first
  std::vector<int> work(graph.nodes.size());
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const bool rescales = !(unrescaled && ends[i]);
    const auto* bootstrap = std::get_if<graph::Bootstrap>(&graph.nodes[i].op);
    work[i] = bootstrap != nullptr ? bootstrap->from : result[i] + (rescales ? depth_of(graph.nodes[i]) : 0);
    for (const ValueId operand : graph.nodes[i].operands) {
      result[operand.value()] = std::max(result[operand.value()], work[i]);
    }
  }
  return work;
}

int top_level(const graph::Graph& graph, place::Ending ending) {
  const std::vector<int> levels = node_levels(graph, ending);
  return *std::max_element(levels.begin(), levels.end());
}

std::string longest_path(const graph::Graph& graph) {
  const std::vector<int> levels = node_levels(graph, place::Ending::kRescaled);
  std::string path;
  int level = levels.front();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    if (depth_of(node) == 0 || levels[i] != level) continue;
    path += fmt::format("{}{}", path.empty() ? "" : ", ", node.name);
    level -= depth_of(node);
  }
  return path;
}

}  // namespace obscura::compiler::compile
