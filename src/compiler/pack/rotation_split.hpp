#pragma once

#include <utility>
#include <vector>

#include "compiler/pack/layer_ops.hpp"

namespace obscura::compiler::pack {

/// Baby-step counts worth trying for a transform by `rotations` different rotations: 0 (no giant steps) and
/// powers of two around the square root.
[[nodiscard]] std::vector<int> baby_counts(std::size_t rotations);

/// Counts terms, baby and giant steps of a transform whose terms are (operand, rotation), in ascending order,
/// split as ProgramBuilder::linear does. There is at least one term.
void count_rotations(const std::vector<std::pair<int, int>>& terms, int baby_count, LayerOps& ops);

}  // namespace obscura::compiler::pack
