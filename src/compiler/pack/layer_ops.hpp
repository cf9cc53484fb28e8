#pragma once

#include <cstddef>
#include <functional>

namespace obscura::compiler::pack {

/// What one operator costs for one ciphertext of its result, counted in operations of the executor; what an operation
/// costs at a level is the business of whoever weighs candidates.
struct LayerOps {
  int fresh_inputs = 0;      ///< ciphertexts that the data owner sends for this layer
  int operands = 1;          ///< ciphertexts that the transform reads
  int hoisted_operands = 0;  ///< of those, how many are rotated by baby steps
  int terms = 0;             ///< encrypted diagonals
  int babies = 0;            ///< rotations by non-zero baby steps, all operands together
  int giants = 0;            ///< rotations by non-zero giant steps
  bool plain_giant = false;  ///< whether giant step 0 has terms
  bool extended = false;
  int rotations = 0;     ///< after the transform, each followed by an addition
  int conjugations = 0;  ///< likewise
  int bootstraps = 0;    ///< such operators do nothing else
  int products = 0;      ///< of ciphertexts, relinearised and rescaled; such operators have no transform
};

/// Whether `a` costs no more than `b` at any level, whatever an operation costs.
[[nodiscard]] constexpr bool dominates(const LayerOps& a, const LayerOps& b) {
  return a.extended == b.extended && a.fresh_inputs <= b.fresh_inputs && a.operands <= b.operands &&
         a.hoisted_operands <= b.hoisted_operands && a.terms <= b.terms && a.babies <= b.babies &&
         a.giants <= b.giants && a.plain_giant <= b.plain_giant && a.rotations <= b.rotations &&
         a.conjugations <= b.conjugations;
}

/// Predicted cost of operator number `node` of the graph, in any unit.
using NodeCost = std::function<double(std::size_t node, const LayerOps& ops)>;

}  // namespace obscura::compiler::pack
