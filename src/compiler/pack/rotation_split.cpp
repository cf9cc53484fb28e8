#include "compiler/pack/rotation_split.hpp"

#include <set>

#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {

std::vector<int> baby_counts(std::size_t rotations) {
  std::vector<int> counts{0};
  for (std::size_t count = 2; count < rotations; count *= 2) {
    if (count * count * 8 >= rotations && count * count <= rotations * 32) counts.push_back(static_cast<int>(count));
  }
  return counts;
}

void count_rotations(const std::vector<std::pair<int, int>>& terms, int baby_count, LayerOps& ops) {
  std::set<std::pair<int, int>> babies;
  std::set<int> giants;
  std::set<int> operands;
  for (const auto& [operand, rotation] : terms) {
    const int giant = baby_count == 0 ? 0 : floor_div(rotation, baby_count) * baby_count;
    giants.insert(giant);
    if (rotation == giant) continue;
    babies.insert({operand, rotation - giant});
    operands.insert(operand);
  }
  ops.terms = static_cast<int>(terms.size());
  ops.babies = static_cast<int>(babies.size());
  ops.hoisted_operands = static_cast<int>(operands.size());
  ops.plain_giant = giants.contains(0);
  ops.giants = static_cast<int>(giants.size()) - (ops.plain_giant ? 1 : 0);
}

}  // namespace obscura::compiler::pack
