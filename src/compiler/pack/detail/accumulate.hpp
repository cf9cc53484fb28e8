#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/tensor_layout.hpp"

namespace obscura::compiler::pack::detail {

/// By how many slots the accumulators of a mapped matrix repeat.
[[nodiscard]] inline int repeat_of(const TensorLayout& input, const TensorLayout& output, int result) {
  return std::max(input.largest_period(), output.period(result));
}

/// Calls visit(operand, accumulator slot, rotation, entry) for every product of result ciphertext `result`, within one
/// repeat_of(). Folded: the copy of the row is chosen for which the rotation is in [-p/2, p/2), p the output's period;
/// else every copy accumulates every column. Rotations are the smallest ones modulo the operand's period.
template <class Visit>
void for_each_product(const graph::SparseMatrix& matrix, const TensorLayout& input, const TensorLayout& output,
                      int result, bool folded, const Visit& visit) {
  const auto& rows = output.element()[static_cast<std::size_t>(result)];
  const int period = output.period(result);
  const int end = folded ? period : repeat_of(input, output, result);
  // Searches spend most of their time here. Periods are powers of two: remainders are masks.
  std::vector<int> repeats(static_cast<std::size_t>(input.ciphertexts()));
  for (std::size_t a = 0; a < repeats.size(); ++a) repeats[a] = input.period(static_cast<int>(a));
  const Place* const places = input.place().data();
  const std::uint32_t* const cols = matrix.col.data();
  for (int s = 0; s < end; ++s) {
    if (rows[static_cast<std::size_t>(s)] == kGarbage) continue;
    const auto row = static_cast<std::size_t>(rows[static_cast<std::size_t>(s)]);
    const std::size_t row_end = matrix.row_ptr[row + 1];
    for (std::size_t e = matrix.row_ptr[row]; e < row_end; ++e) {
      const Place from = places[cols[e]];
      const int repeat = repeats[static_cast<std::size_t>(from.ciphertext)];
      const int window = folded ? std::min(period, repeat) : repeat;
      const int rotation = ((from.slot - s + window / 2) & (window - 1)) - window / 2;
      const int slot = folded && repeat > period ? (from.slot - rotation) & (repeat - 1) : s;
      visit(static_cast<int>(from.ciphertext), slot, rotation, e);
    }
  }
}

}  // namespace obscura::compiler::pack::detail
