#include "compiler/pack/diagonal_form.hpp"

namespace obscura::compiler::pack {

std::vector<bool> structural_diagonals(const graph::SparseMatrix& matrix, const DiagonalForm& form) {
  if (matrix.entries() == matrix.rows * matrix.cols) {
    return std::vector<bool>(static_cast<std::size_t>(form.d_count), true);
  }
  std::vector<bool> found(static_cast<std::size_t>(form.d_count), false);
  for_each_entry(matrix, form, [&](int, int d, double) { found[static_cast<std::size_t>(d)] = true; });
  return found;
}

}  // namespace obscura::compiler::pack
