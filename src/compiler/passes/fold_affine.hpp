#pragma once

#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// Multiplies an Affine per channel (batch normalisation, bias, scaling) into the Conv or Dense before
/// it, where nothing else reads that layer.
[[nodiscard]] base::Result<graph::Graph> fold_affine(graph::Graph graph, Notes& notes);

}  // namespace obscura::compiler::passes
