#pragma once

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::graph {

/// Holds a graph against its rules: exactly one Input and it comes first, every operand is made
/// before it is used, every shape is the inferred one, matrices are well-formed, and there is at
/// least one output. Errors: kCorrupt naming the node.
[[nodiscard]] base::Result<void> verify(const Graph& graph);

}  // namespace obscura::compiler::graph
