#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Finds sums and products that are a polynomial of degree at most 2 in one earlier value, such as
/// x*x + 2*x or x*(x+1), and makes each a Quadratic (or an Affine) of that value. Sums and products of
/// two different values stay. What is no longer needed stays too: remove_unused() takes it away.
[[nodiscard]] base::Result<graph::Graph> match_quadratics(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
