#pragma once

#include <vector>

#include "base/result.hpp"
#include "compiler/graph/graph.hpp"

// Softmax and ArgMax, which whoever holds the key computes after decryption: nothing encrypted is
// computed from their results. Reshapes and transpositions of those results are left to the key
// holder as well.

namespace obscura::compiler::graph {

/// Whether the operator is left to the key holder: Softmax, ArgMax.
[[nodiscard]] bool is_final(const Op& op);

/// Refuses a graph that computes with the result of a final operator (kUnsupported naming both nodes).
/// Reads operands only, so that it may run before verify().
[[nodiscard]] base::Result<void> check_final_ops(const Graph& graph);

/// A network cut before its final operators.
struct Stripped {
  Graph body;  ///< without final operators; output i, by its old name, is the input of tails[i]
  /// What is left to do per output: a graph from the body's output to the network's, an Input alone
  /// where nothing is.
  std::vector<Graph> tails;
};

/// Cuts a verified graph. Errors: those of check_final_ops.
[[nodiscard]] base::Result<Stripped> strip_final_ops(const Graph& graph);

}  // namespace obscura::compiler::graph
