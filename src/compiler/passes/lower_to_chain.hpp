#pragma once

#include "base/result.hpp"
#include "compiler/graph/chain.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::passes {

/// The final form of a network after standard_passes(): linear maps with one square between two of
/// them. An identity map stands where the network squares its input, squares twice in a row, or ends
/// with a square. Errors: kUnsupported, naming the operator, for what has no such form: several
/// outputs, sums of branches, products of two values.
[[nodiscard]] base::Result<graph::Chain> lower_to_chain(graph::Graph graph);

}  // namespace obscura::compiler::passes
