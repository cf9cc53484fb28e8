#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Writes each a x^2 + b x + c as sign(a) * (sqrt|a| x + sqrt|a| b/2a)^2 + (c - b^2/4a): an Affine, a
/// Square and an Affine, which later passes fold into the layers around them, so that no coefficient
/// of the activation is left. Errors: kUnsupported where a is 0 or so small that the result overflows.
/// A note tells how many bits the cancellation can cost: 2 log2 |b/2a| for x near 1.
[[nodiscard]] base::Result<graph::Graph> complete_square(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
