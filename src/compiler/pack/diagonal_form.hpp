#pragma once

#include <vector>

#include "compiler/graph/sparse_matrix.hpp"
#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {

/// How a matrix unrolls into diagonals: accumulator k, for every k in [k_first, k_last), works for row
/// (k - row_origin) mod row_period, and its diagonal number d in [0, d_count) multiplies position
/// k + d_first + d of the input, which holds column (position mod col_period) if the position is in
/// [p_first, p_last). Rows and columns beyond the matrix are zero.
struct DiagonalForm {
  int row_period = 1;
  int row_origin = 0;
  int k_first = 0;
  int k_last = 0;
  int d_first = 0;
  int d_count = 0;
  int col_period = 1;
  int p_first = 0;
  int p_last = 0;
  friend bool operator==(const DiagonalForm&, const DiagonalForm&) = default;
};

/// Calls visit(k, d, value) for every structural entry that accumulator k takes by diagonal d.
/// Cost: the number of accumulators times the entries of a row.
template <class Visit>
void for_each_entry(const graph::SparseMatrix& matrix, const DiagonalForm& form, const Visit& visit) {
  for (int k = form.k_first; k < form.k_last; ++k) {
    const auto row = static_cast<std::size_t>(floor_mod(k - form.row_origin, form.row_period));
    if (row >= matrix.rows) continue;
    const int begin = k + form.d_first;
    for (std::size_t e = matrix.row_ptr[row]; e < matrix.row_ptr[row + 1]; ++e) {
      const int low = begin > form.p_first ? begin : form.p_first;
      const int position = low + floor_mod(static_cast<int>(matrix.col[e]) - low, form.col_period);
      if (position >= form.p_last || position >= begin + form.d_count) continue;
      visit(k, position - begin, matrix.value[e]);
    }
  }
}

/// Which diagonals hold a structural entry. [d_count]
[[nodiscard]] std::vector<bool> structural_diagonals(const graph::SparseMatrix& matrix, const DiagonalForm& form);

}  // namespace obscura::compiler::pack
