#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Finds sums and products that are a polynomial in one earlier value, such as x*x + 2*x, x*(x+1) or
/// x*x*x, and makes each a Quadratic, a Polynomial (degrees 3 to 16) or an Affine of that value. Sums
/// and products of two different values stay, and so do squares of squares. What is no longer needed
/// stays too: remove_unused() takes it away.
[[nodiscard]] base::Result<graph::Graph> match_polynomials(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
