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

/// Whether copies of the rows of an output of this period share what repeated parts hold: each block is multiplied
/// where one copy of its part or the next is near.
[[nodiscard]] inline bool shares_parts(const RepeatedParts& parts, int period) {
  return parts.size < period && period <= parts.block / 2;
}

/// for_each_product() to repeated parts, folded: over half a block, the copies of a row accumulate different columns.
/// Operands repeat by half a block or less.
template <class Visit>
void for_each_product_to_parts(const graph::SparseMatrix& matrix, const TensorLayout& input, const TensorLayout& output,
                               const Visit& visit) {
  const RepeatedParts parts = *output.parts();
  for (std::size_t row = 0; row < output.elements(); ++row) {
    const int s = output.place()[row].slot;
    const int begin = s / parts.block * parts.block;
    for (std::size_t e = matrix.row_ptr[row]; e < matrix.row_ptr[row + 1]; ++e) {
      const Place from = input.place()[matrix.col[e]];
      const int repeat = input.period(from.ciphertext);
      const int window = std::min(parts.size, repeat);
      const int rotation = ((from.slot - s + window / 2) & (window - 1)) - window / 2;
      const int slot = repeat > parts.size ? begin + ((from.slot - rotation - begin) & (repeat - 1)) : s;
      visit(static_cast<int>(from.ciphertext), slot, rotation, e);
      visit(static_cast<int>(from.ciphertext), slot + parts.block / 2, rotation, e);
    }
  }
}

/// for_each_product() from repeated parts. Rotations go to the next copy further on, as long as there is one.
template <class Visit>
void for_each_product_from_parts(const graph::SparseMatrix& matrix, const TensorLayout& input,
                                 const TensorLayout& output, int result, bool folded, const Visit& visit) {
  const RepeatedParts parts = *input.parts();
  const auto& rows = output.element()[static_cast<std::size_t>(result)];
  const int slots = input.slots();
  const int period = output.period(result);
  const bool shares = folded && shares_parts(parts, period);
  const int end = folded ? period : slots;
  for (int s = 0; s < end; ++s) {
    if (rows[static_cast<std::size_t>(s)] == kGarbage) continue;
    const auto row = static_cast<std::size_t>(rows[static_cast<std::size_t>(s)]);
    for (std::size_t e = matrix.row_ptr[row]; e < matrix.row_ptr[row + 1]; ++e) {
      const int first = input.place()[matrix.col[e]].slot;
      if (folded && !shares) {
        const int rotation = ((first - s + period / 2) & (period - 1)) - period / 2;
        visit(0, (first - rotation) & (slots - 1), rotation, e);
        continue;
      }
      const int at = shares ? first / parts.block * parts.block + s : s;
      const int near = at + ((first - at) & (parts.size - 1));
      const int from = std::clamp(near, first, first + parts.copies() * parts.size);
      visit(0, at, ((from - at + slots / 2) & (slots - 1)) - slots / 2, e);
    }
  }
}

/// Calls visit(operand, accumulator slot, rotation, entry) for every product of result ciphertext `result`, within one
/// repeat_of(). Folded: the copy of the row is chosen for which the rotation is in [-p/2, p/2), p the output's period;
/// else every copy accumulates every column. Rotations are the smallest ones modulo the operand's period.
template <class Visit>
void for_each_product(const graph::SparseMatrix& matrix, const TensorLayout& input, const TensorLayout& output,
                      int result, bool folded, const Visit& visit) {
  if (output.parts() && folded) return for_each_product_to_parts(matrix, input, output, visit);
  if (input.parts()) return for_each_product_from_parts(matrix, input, output, result, folded, visit);
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
