#include "compiler/pack/rotation_split.hpp"

#include <algorithm>
#include <bit>

#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {

std::vector<int> baby_counts(std::size_t rotations) {
  std::vector<int> counts{0};
  for (std::size_t count = 2; count < rotations; count *= 2) {
    if (count * count * 8 >= rotations && count * count <= rotations * 32) counts.push_back(static_cast<int>(count));
  }
  return counts;
}

void count_rotations(const std::vector<std::pair<int, int>>& terms, const RotationSplit& split, LayerOps& ops) {
  const bool whole = split.modulus == 0;
  const auto [low, high] =
      std::minmax_element(terms.begin(), terms.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  // Searches spend most of their time here: one division per term, by shifting where that is one.
  const bool shifts = !whole && std::has_single_bit(static_cast<unsigned>(split.modulus));
  const int shift = shifts ? std::countr_zero(static_cast<unsigned>(split.modulus)) : 0;
  const auto giant_index = [&](int rotation) {
    if (whole) return 0;
    return shifts ? (rotation - split.low) >> shift : floor_div(rotation - split.low, split.modulus);
  };
  // One mark per baby step (of the operand at hand) and per giant step; terms come operand by operand.
  const int first_baby = whole ? low->second : split.low;
  const int first_giant = giant_index(low->second);
  const int last_giant = giant_index(high->second);
  std::vector<int> baby_mark(static_cast<std::size_t>(whole ? high->second - low->second + 1 : split.modulus), -1);
  std::vector<bool> giant_mark(static_cast<std::size_t>(last_giant - first_giant + 1), false);
  ops.terms = static_cast<int>(terms.size());
  int last_operand = -1;
  for (const auto& [operand, rotation] : terms) {
    const int giant = giant_index(rotation);
    const int baby = rotation - giant * split.modulus;
    giant_mark[static_cast<std::size_t>(giant - first_giant)] = true;
    int& mark = baby_mark[static_cast<std::size_t>(baby - first_baby)];
    if (baby == 0 || mark == operand) continue;
    mark = operand;
    ++ops.babies;
    if (operand != last_operand) ++ops.hoisted_operands;
    last_operand = operand;
  }
  ops.plain_giant = first_giant <= 0 && last_giant >= 0 && giant_mark[static_cast<std::size_t>(-first_giant)];
  ops.giants = static_cast<int>(std::count(giant_mark.begin(), giant_mark.end(), true)) - (ops.plain_giant ? 1 : 0);
}

}  // namespace obscura::compiler::pack
