#include "compiler/graph/sparse_matrix.hpp"

#include <gtest/gtest.h>

#include <random>

namespace obscura::compiler::graph {
namespace {

// Each entry of a rows x cols matrix exists with probability 0.3; some existing ones are zero.
SparseMatrix random_matrix(std::size_t rows, std::size_t cols, std::mt19937_64& random) {
  std::uniform_real_distribution<double> real(-1.0, 1.0);
  SparseMatrix matrix;
  matrix.rows = rows;
  matrix.cols = cols;
  matrix.row_ptr.push_back(0);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      if (real(random) > -0.4) continue;
      matrix.col.push_back(static_cast<std::uint32_t>(c));
      matrix.value.push_back(real(random) > 0.8 ? 0.0 : real(random));
    }
    matrix.row_ptr.push_back(matrix.entries());
    matrix.bias.push_back(real(random));
  }
  return matrix;
}

TEST(SparseMatrix, ProductIsCompositionAndKeepsEveryPath) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const SparseMatrix outer = random_matrix(7, 11, random);
    const SparseMatrix inner = random_matrix(11, 5, random);
    const auto product = multiply(outer, inner);
    ASSERT_TRUE(product);
    ASSERT_TRUE(check_matrix(*product));
    std::vector<double> x(5);
    for (double& element : x) element = std::uniform_real_distribution<double>(-1.0, 1.0)(random);
    const auto expected = evaluate(outer, evaluate(inner, x));
    const auto actual = evaluate(*product, x);
    // At most 11 * 5 products of numbers below 1 in another order.
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-13);
    std::vector<std::vector<bool>> reach(7, std::vector<bool>(5, false));
    std::size_t paths_end = 0;
    for (std::size_t r = 0; r < 7; ++r) {
      for (std::size_t i = outer.row_ptr[r]; i < outer.row_ptr[r + 1]; ++i) {
        for (std::size_t j = inner.row_ptr[outer.col[i]]; j < inner.row_ptr[outer.col[i] + 1]; ++j) {
          if (!reach[r][inner.col[j]]) ++paths_end;
          reach[r][inner.col[j]] = true;
        }
      }
    }
    EXPECT_EQ(product->entries(), paths_end);
  }
}

TEST(SparseMatrix, ZeroWeightsKeepTheirPlace) {
  SparseMatrix zero = identity_matrix(3);
  zero.value.assign(3, 0.0);
  const auto product = multiply(identity_matrix(3), zero);
  ASSERT_TRUE(product);
  EXPECT_EQ(product->entries(), 3U);
  EXPECT_EQ(evaluate(*product, std::vector<double>{1, 2, 3}), (std::vector<double>{0, 0, 0}));
}

TEST(SparseMatrix, IdentityIsNeutral) {
  std::mt19937_64 random(9);
  const SparseMatrix matrix = random_matrix(4, 6, random);
  const auto left = multiply(identity_matrix(4), matrix);
  const auto right = multiply(matrix, identity_matrix(6));
  ASSERT_TRUE(left && right);
  EXPECT_EQ(left->value, matrix.value);
  EXPECT_EQ(right->value, matrix.value);
  EXPECT_EQ(left->col, matrix.col);
  EXPECT_EQ(right->bias, matrix.bias);
}

TEST(SparseMatrix, SumsAddWhatBothYield) {
  std::mt19937_64 random(10);
  SparseMatrix a = random_matrix(5, 7, random);
  SparseMatrix b = random_matrix(5, 7, random);
  const auto sum = add(a, b);
  ASSERT_TRUE(sum);
  ASSERT_TRUE(check_matrix(*sum));
  std::vector<double> x(7);
  for (double& value : x) value = std::uniform_real_distribution<double>(-1, 1)(random);
  const auto left = evaluate(a, x);
  const auto right = evaluate(b, x);
  const auto both = evaluate(*sum, x);
  // At most 16 terms of at most a few units each.
  for (std::size_t i = 0; i < both.size(); ++i) EXPECT_NEAR(both[i], left[i] + right[i], 64 * 0x1p-52);
  // Values do not decide which entries exist.
  a.value.assign(a.entries(), 0.0);
  b.value.assign(b.entries(), 0.0);
  EXPECT_EQ(add(a, b)->col, sum->col);
  // Rows of one matrix only, as in a Concat.
  const SparseMatrix top{2, 2, {0, 2, 2}, {0, 1}, {1, 2}, {3, 0}};
  const SparseMatrix bottom{2, 2, {0, 0, 1}, {1}, {4}, {0, 5}};
  const auto stacked = add(top, bottom);
  EXPECT_EQ(stacked->row_ptr, (std::vector<std::size_t>{0, 2, 3}));
  EXPECT_EQ(stacked->value, (std::vector<double>{1, 2, 4}));
  EXPECT_EQ(stacked->bias, (std::vector<double>{3, 5}));
}

TEST(SparseMatrix, TooManyEntriesAreRefused) {
  // A column times a row: two small matrices whose product is full.
  const std::size_t n = 9000;
  SparseMatrix column{n, 1, {}, std::vector<std::uint32_t>(n, 0), std::vector<double>(n, 1.0), std::vector<double>(n)};
  for (std::size_t i = 0; i <= n; ++i) column.row_ptr.push_back(i);
  SparseMatrix row{1, n, {0, n}, {}, std::vector<double>(n, 1.0), {0.0}};
  for (std::size_t i = 0; i < n; ++i) row.col.push_back(static_cast<std::uint32_t>(i));
  const auto product = multiply(column, row);
  ASSERT_FALSE(product);
  EXPECT_EQ(product.error().code, base::ErrorCode::kLimit);
}

TEST(SparseMatrix, MalformedOnesAreFound) {
  const SparseMatrix good = identity_matrix(3);
  ASSERT_TRUE(check_matrix(good));
  SparseMatrix bad = good;
  bad.col[1] = 3;
  EXPECT_FALSE(check_matrix(bad));
  bad = good;
  bad.bias.pop_back();
  EXPECT_FALSE(check_matrix(bad));
  bad = good;
  bad.row_ptr = {0, 2, 1, 3};
  EXPECT_FALSE(check_matrix(bad));
  bad = good;
  bad.row_ptr = {0, 9, 9, 3};
  EXPECT_FALSE(check_matrix(bad));
  bad = good;
  bad.row_ptr = {0, 2, 2, 3};
  bad.col = {1, 1, 2};
  EXPECT_FALSE(check_matrix(bad));
  bad = good;
  bad.value.pop_back();
  EXPECT_FALSE(check_matrix(bad));
}

}  // namespace
}  // namespace obscura::compiler::graph
