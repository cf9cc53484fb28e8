#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace obscura::compiler::graph {

/// Most entries that one matrix may have (12 bytes each); more are refused with kLimit.
inline constexpr std::size_t kMaxEntries = std::size_t{1} << 26;

/// The map y = A x + bias in compressed rows. Which entries exist follows from the structure of the
/// operator alone, never from a value: an entry may hold 0, and a pruned weight keeps its place, so
/// that the pattern says nothing about the weights.
struct SparseMatrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<std::size_t> row_ptr;  ///< [rows + 1]; row r holds entries row_ptr[r] .. row_ptr[r+1]-1
  std::vector<std::uint32_t> col;    ///< [entries], ascending within a row
  std::vector<double> value;         ///< [entries]
  std::vector<double> bias;          ///< [rows]

  [[nodiscard]] std::size_t entries() const { return col.size(); }
};

/// The n x n identity with zero bias.
[[nodiscard]] SparseMatrix identity_matrix(std::size_t n);

/// Whether sizes, order and column indices are consistent; kCorrupt names the first broken rule.
[[nodiscard]] base::Result<void> check_matrix(const SparseMatrix& matrix);

/// outer o inner: x -> outer(inner(x)). An entry exists where some path does. Errors: kLimit above
/// kMaxEntries. outer.cols must equal inner.rows. Cost: one multiply-add per path.
[[nodiscard]] base::Result<SparseMatrix> multiply(const SparseMatrix& outer, const SparseMatrix& inner);

/// x -> a(x) + b(x). An entry exists where either has one. Errors: kLimit above kMaxEntries. Both have the same rows
/// and columns. Cost: linear in the entries.
[[nodiscard]] base::Result<SparseMatrix> add(const SparseMatrix& a, const SparseMatrix& b);

/// A x + bias; x has cols elements.
[[nodiscard]] std::vector<double> evaluate(const SparseMatrix& matrix, std::span<const double> x);

}  // namespace obscura::compiler::graph
