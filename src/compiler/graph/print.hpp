#pragma once

#include <string>

#include "compiler/graph/graph.hpp"

namespace obscura::compiler::graph {

/// One line per node and a last one for the outputs, the same for the same graph on every machine.
/// Shows operators, shapes and parameters of windows; never a weight.
[[nodiscard]] std::string print(const Graph& graph);

}  // namespace obscura::compiler::graph
