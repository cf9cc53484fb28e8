#include "compiler/passes/remove_unused.hpp"

#include <fmt/format.h>

#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {

using graph::ValueId;

base::Result<graph::Graph> remove_unused(graph::Graph graph, Notes& notes) {
  std::vector<bool> needed(graph.nodes.size(), false);
  needed[0] = true;
  for (const ValueId output : graph.outputs) needed[output.value()] = true;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const ValueId operand : graph.nodes[i].operands) needed[operand.value()] = true;
  }
  Rebuild rebuild(std::move(graph));
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (needed[i]) {
      OBSCURA_TRY_VOID(rebuild.copy(ValueId(i)));
    } else {
      const graph::Node& node = rebuild.old().nodes[i];
      notes.push_back(fmt::format("{} '{}' is not needed", graph::op_name(node.op), node.name));
    }
  }
  return rebuild.finish();
}

}  // namespace obscura::compiler::passes
