#include "compiler/passes/rebuild.hpp"

namespace obscura::compiler::passes {

using graph::ValueId;

Rebuild::Rebuild(graph::Graph old) : old_(std::move(old)), uses_(graph::count_uses(old_)), now_(old_.nodes.size()) {}

base::Result<void> Rebuild::copy(ValueId id) {
  graph::Node& node = old_.nodes[id.value()];
  std::vector<ValueId> operands;
  for (const ValueId operand : node.operands) operands.push_back(now(operand));
  OBSCURA_TRY(const ValueId fresh, graph::append(fresh_, std::move(node.op), std::move(operands), node.name));
  replace(id, fresh);
  return {};
}

base::Result<ValueId> Rebuild::emit(graph::Op op, std::vector<ValueId> operands, std::string name) {
  return graph::append(fresh_, std::move(op), std::move(operands), std::move(name));
}

void Rebuild::replace(ValueId id, ValueId by) {
  now_[id.value()] = by;
}

graph::Graph Rebuild::finish() {
  for (const ValueId output : old_.outputs) fresh_.outputs.push_back(now(output));
  fresh_.output_names = std::move(old_.output_names);
  return std::move(fresh_);
}

}  // namespace obscura::compiler::passes
