#pragma once

#include <span>
#include <vector>

#include "compiler/graph/graph.hpp"

namespace obscura::compiler::graph {

/// Runs the network in the clear, in double precision, straight from the definition of each
/// operator: what every later stage is measured against. `input` has as many elements as the graph's
/// input. Returns the outputs one after the other. The graph must be verified. Thread-safe.
[[nodiscard]] std::vector<double> interpret(const Graph& graph, std::span<const double> input);

/// The same, but returns the value of every node: [nodes][elements of that node's shape].
[[nodiscard]] std::vector<std::vector<double>> interpret_all(const Graph& graph, std::span<const double> input);

}  // namespace obscura::compiler::graph
