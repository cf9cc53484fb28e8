#include "bench/operations/detail/matrices.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

TEST(Matrices, OfThePublishedSizeHasEightfoldDiagonals) {
  const detail::Matrix matrix = detail::dense_matrix(1 << 13);
  EXPECT_EQ(detail::dense_side(1 << 13), 1024);
  EXPECT_EQ(matrix.diagonals.size(), 128U);
  EXPECT_EQ(matrix.folds, (std::vector<int>{1025, 2050, 4100}));
}

}  // namespace
}  // namespace obscura::bench::operations
