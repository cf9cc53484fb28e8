#pragma once

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::graph {

/// Holds a graph against its rules: exactly one Input and it comes first, every operand is made
/// before it is used, every shape is the inferred one, matrices are well-formed, nothing
/// is computed from a final operator (final_ops.hpp), and there is at least one output. Errors:
/// kCorrupt naming the node; kUnsupported from check_final_ops.
[[nodiscard]] base::Result<void> verify(const Graph& graph);

}  // namespace obscura::compiler::graph
