#pragma once

#include <utility>
#include <vector>

#include "compiler/pack/layer_ops.hpp"
#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {

/// How a rotation is split into a giant step, a multiple of `modulus`, and a baby step in [low, low + modulus).
/// modulus 0: no giant steps.
struct RotationSplit {
  int modulus = 0;
  int low = 0;

  [[nodiscard]] int giant_of(int rotation) const {
    return modulus == 0 ? 0 : floor_div(rotation - low, modulus) * modulus;
  }
  [[nodiscard]] int baby_of(int rotation) const { return rotation - giant_of(rotation); }
  friend bool operator==(const RotationSplit&, const RotationSplit&) = default;
};

/// Baby-step counts worth trying for a transform by `rotations` different consecutive rotations: 0 (no giant steps)
/// and powers of two around the square root.
[[nodiscard]] std::vector<int> baby_counts(std::size_t rotations);

/// Counts terms, baby and giant steps of a transform whose terms are (operand, rotation), in ascending order,
/// split as ProgramBuilder::linear does. There is at least one term.
void count_rotations(const std::vector<std::pair<int, int>>& terms, const RotationSplit& split, LayerOps& ops);

}  // namespace obscura::compiler::pack
