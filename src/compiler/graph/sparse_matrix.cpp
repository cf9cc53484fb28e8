#include "compiler/graph/sparse_matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace obscura::compiler::graph {
namespace {

constexpr std::size_t kUnseen = std::numeric_limits<std::size_t>::max();

// Columns that row `row` of the product reaches, unordered. `seen` is [inner.cols], each entry the
// last row that reached that column.
void reach_columns(const SparseMatrix& outer, const SparseMatrix& inner, std::size_t row,
                   std::vector<std::size_t>& seen, std::vector<std::uint32_t>& columns) {
  columns.clear();
  for (std::size_t i = outer.row_ptr[row]; i < outer.row_ptr[row + 1]; ++i) {
    const std::size_t middle = outer.col[i];
    for (std::size_t j = inner.row_ptr[middle]; j < inner.row_ptr[middle + 1]; ++j) {
      if (seen[inner.col[j]] == row) continue;
      seen[inner.col[j]] = row;
      columns.push_back(inner.col[j]);
    }
  }
}

// Entries of the product; stops counting once there are too many.
std::size_t count_entries(const SparseMatrix& outer, const SparseMatrix& inner) {
  std::vector<std::size_t> seen(inner.cols, kUnseen);
  std::vector<std::uint32_t> columns;
  std::size_t entries = 0;
  for (std::size_t row = 0; row < outer.rows && entries <= kMaxEntries; ++row) {
    reach_columns(outer, inner, row, seen, columns);
    entries += columns.size();
  }
  return entries;
}

// Row `row` of the product, spread over `dense` [inner.cols]; returns its bias.
double accumulate_row(const SparseMatrix& outer, const SparseMatrix& inner, std::size_t row,
                      std::vector<double>& dense) {
  double bias = outer.bias[row];
  for (std::size_t i = outer.row_ptr[row]; i < outer.row_ptr[row + 1]; ++i) {
    const std::size_t middle = outer.col[i];
    const double factor = outer.value[i];
    bias += factor * inner.bias[middle];
    for (std::size_t j = inner.row_ptr[middle]; j < inner.row_ptr[middle + 1]; ++j) {
      dense[inner.col[j]] += factor * inner.value[j];
    }
  }
  return bias;
}

// Appends row `row` of a + b to `sum`.
void append_row_sum(const SparseMatrix& a, const SparseMatrix& b, std::size_t row, SparseMatrix& sum) {
  std::size_t i = a.row_ptr[row];
  std::size_t j = b.row_ptr[row];
  while (i < a.row_ptr[row + 1] || j < b.row_ptr[row + 1]) {
    const bool from_a = j == b.row_ptr[row + 1] || (i < a.row_ptr[row + 1] && a.col[i] <= b.col[j]);
    const bool from_b = i == a.row_ptr[row + 1] || (j < b.row_ptr[row + 1] && b.col[j] <= a.col[i]);
    sum.col.push_back(from_a ? a.col[i] : b.col[j]);
    sum.value.push_back((from_a ? a.value[i++] : 0.0) + (from_b ? b.value[j++] : 0.0));
  }
  sum.bias.push_back(a.bias[row] + b.bias[row]);
  sum.row_ptr.push_back(sum.entries());
}

[[nodiscard]] base::Result<void> broken(const char* rule) {
  return base::fail(base::ErrorCode::kCorrupt, fmt::format("sparse matrix: {}", rule));
}

}  // namespace

SparseMatrix identity_matrix(std::size_t n) {
  SparseMatrix result{n,
                      n,
                      std::vector<std::size_t>(n + 1),
                      std::vector<std::uint32_t>(n),
                      std::vector<double>(n, 1.0),
                      std::vector<double>(n, 0.0)};
  for (std::size_t i = 0; i < n; ++i) {
    result.row_ptr[i + 1] = i + 1;
    result.col[i] = static_cast<std::uint32_t>(i);
  }
  return result;
}

base::Result<void> check_matrix(const SparseMatrix& matrix) {
  if (matrix.row_ptr.size() != matrix.rows + 1 || matrix.row_ptr.front() != 0) return broken("row table is malformed");
  if (matrix.bias.size() != matrix.rows) return broken("bias does not have one value per row");
  if (matrix.value.size() != matrix.entries()) return broken("values and columns differ in number");
  if (matrix.row_ptr.back() != matrix.entries()) return broken("row table does not end at the last entry");
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    if (matrix.row_ptr[row] > matrix.row_ptr[row + 1]) return broken("row table descends");
    if (matrix.row_ptr[row + 1] > matrix.entries()) return broken("row table runs past the last entry");
    for (std::size_t i = matrix.row_ptr[row]; i < matrix.row_ptr[row + 1]; ++i) {
      if (matrix.col[i] >= matrix.cols) return broken("column index out of range");
      if (i > matrix.row_ptr[row] && matrix.col[i] <= matrix.col[i - 1]) return broken("columns are not ascending");
    }
  }
  return {};
}

base::Result<SparseMatrix> multiply(const SparseMatrix& outer, const SparseMatrix& inner) {
  OBSCURA_CHECK(outer.cols == inner.rows, "matrices do not fit together");
  const std::size_t entries = count_entries(outer, inner);
  if (entries > kMaxEntries) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("the product of a {}x{} and a {}x{} matrix has more than {} entries", outer.rows,
                                  outer.cols, inner.rows, inner.cols, kMaxEntries),
                      "put an activation between the two layers, or make them smaller");
  }
  SparseMatrix result;
  result.rows = outer.rows;
  result.cols = inner.cols;
  result.row_ptr.reserve(outer.rows + 1);
  result.row_ptr.push_back(0);
  result.col.reserve(entries);
  result.value.reserve(entries);
  result.bias.reserve(outer.rows);
  std::vector<std::size_t> seen(inner.cols, kUnseen);
  std::vector<std::uint32_t> columns;
  std::vector<double> dense(inner.cols, 0.0);
  for (std::size_t row = 0; row < outer.rows; ++row) {
    reach_columns(outer, inner, row, seen, columns);
    std::sort(columns.begin(), columns.end());
    result.bias.push_back(accumulate_row(outer, inner, row, dense));
    for (const std::uint32_t column : columns) {
      result.col.push_back(column);
      result.value.push_back(dense[column]);
      dense[column] = 0.0;
    }
    result.row_ptr.push_back(result.entries());
  }
  return result;
}

base::Result<SparseMatrix> add(const SparseMatrix& a, const SparseMatrix& b) {
  OBSCURA_CHECK(a.rows == b.rows && a.cols == b.cols, "matrices differ in size");
  SparseMatrix sum{a.rows, a.cols, {0}, {}, {}, {}};
  for (std::size_t row = 0; row < a.rows; ++row) append_row_sum(a, b, row, sum);
  if (sum.entries() > kMaxEntries) {
    return base::fail(
        base::ErrorCode::kLimit,
        fmt::format("the sum of two {}x{} matrices has more than {} entries", a.rows, a.cols, kMaxEntries),
        "make the layers that are joined smaller");
  }
  return sum;
}

std::vector<double> evaluate(const SparseMatrix& matrix, std::span<const double> x) {
  OBSCURA_CHECK(x.size() == matrix.cols, "vector does not fit the matrix");
  std::vector<double> result(matrix.bias);
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    for (std::size_t i = matrix.row_ptr[row]; i < matrix.row_ptr[row + 1]; ++i) {
      result[row] += matrix.value[i] * x[matrix.col[i]];
    }
  }
  return result;
}

}  // namespace obscura::compiler::graph
