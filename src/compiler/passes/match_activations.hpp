#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Finds activations that exporters write as a product and makes each one Activation: SiLU as
/// x*Sigmoid(x), HardSwish as x*HardSigmoid(x) or x*Clip(x+3, 0, 6)/6, Gelu as x*(1+Erf(x/sqrt 2))/2
/// and as x*(1+Tanh(...))/2, with the factors anywhere. Constants count as theirs up to a relative
/// 1e-6, since models keep 32-bit floats. Runs after match_polynomials, which gathers the cubic within
/// the tanh. What is no longer needed stays: remove_unused() takes it away.
[[nodiscard]] base::Result<graph::Graph> match_activations(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
