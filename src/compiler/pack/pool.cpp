#include "compiler/pack/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {
namespace {

// Splits a set of offsets that begins with 0 into factors: steps {0, a} as long as the set is S + {0, a}, and what is
// left.
std::vector<std::vector<int>> factors_of(std::vector<int> offsets) {
  std::vector<std::vector<int>> factors;
  for (bool found = true; found && offsets.size() > 2;) {
    found = false;
    const int step = offsets[1];
    std::set<int> rest(offsets.begin(), offsets.end());
    std::vector<int> half;
    while (!rest.empty()) {
      const int first = *rest.begin();
      rest.erase(rest.begin());
      if (rest.erase(first + step) == 0) break;
      half.push_back(first);
    }
    if (2 * half.size() != offsets.size()) break;
    factors.push_back({0, step});
    offsets = std::move(half);
    found = true;
  }
  if (offsets.size() > 1) factors.push_back(std::move(offsets));
  return factors;
}

// Offsets of the slots of a row's columns from the first of them; empty when they are in several ciphertexts.
std::vector<int> pattern_of(const graph::SparseMatrix& matrix, std::size_t row, const TensorLayout& input) {
  std::vector<int> slots;
  const Place& first = input.place()[matrix.col[matrix.row_ptr[row]]];
  for (std::size_t e = matrix.row_ptr[row]; e < matrix.row_ptr[row + 1]; ++e) {
    const Place& place = input.place()[matrix.col[e]];
    if (place.ciphertext != first.ciphertext || matrix.value[e] != 1.0) return {};
    slots.push_back(place.slot);
  }
  std::sort(slots.begin(), slots.end());
  for (std::size_t i = slots.size(); i-- > 0;) slots[i] -= slots[0];
  return slots;
}

}  // namespace

int PoolShape::rotations() const {
  int count = 0;
  for (const std::vector<int>& group : steps) count += static_cast<int>(group.size()) - 1;
  return count * output->ciphertexts();
}

std::optional<PoolShape> pool_shape(const graph::SparseMatrix& matrix, const TensorLayout& input, LayoutPool& pool) {
  std::vector<int> pattern;
  std::vector<std::int32_t> row_of_element(matrix.cols, kGarbage);  // by the element whose slot is the row's first
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    if (matrix.row_ptr[row] == matrix.row_ptr[row + 1]) return std::nullopt;
    const std::vector<int> mine = pattern_of(matrix, row, input);
    if (mine.empty() || (row > 0 && mine != pattern)) return std::nullopt;
    pattern = mine;
    std::size_t first = matrix.row_ptr[row];
    for (std::size_t e = first; e < matrix.row_ptr[row + 1]; ++e) {
      if (input.place()[matrix.col[e]].slot < input.place()[matrix.col[first]].slot) first = e;
    }
    if (row_of_element[matrix.col[first]] != kGarbage) return std::nullopt;
    row_of_element[matrix.col[first]] = static_cast<std::int32_t>(row);
  }
  std::vector<std::vector<std::int32_t>> element = input.element();
  for (auto& slots : element) {
    for (std::int32_t& e : slots) e = e == kGarbage ? kGarbage : row_of_element[static_cast<std::size_t>(e)];
  }
  return PoolShape{pool.intern({matrix.rows, std::move(element), "sums in " + input.name()}), factors_of(pattern)};
}

std::vector<plan::program::ValueId> emit_pool(const PoolShape& shape,
                                              const std::vector<plan::program::ValueId>& operands,
                                              ProgramBuilder& builder) {
  std::vector<plan::program::ValueId> values;
  for (plan::program::ValueId value : operands) {
    for (const std::vector<int>& group : shape.steps) value = builder.sum_rotations(value, group);
    values.push_back(value);
  }
  return values;
}

std::string describe(const PoolShape& shape) {
  return fmt::format("{} rotations added, {}", shape.rotations(), shape.output->name());
}

}  // namespace obscura::compiler::pack
