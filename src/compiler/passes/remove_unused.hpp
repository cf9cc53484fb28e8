#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Drops every node that no output depends on. The input always stays.
[[nodiscard]] base::Result<graph::Graph> remove_unused(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
