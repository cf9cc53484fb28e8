#include "compiler/graph/element_order.hpp"

#include <gtest/gtest.h>

namespace obscura::compiler::graph {
namespace {

TEST(ElementOrder, CoordinatesAndPositionsAreInverse) {
  const Shape shape{{2, 3, 4}};
  EXPECT_EQ(row_major_strides(shape), (std::vector<std::int64_t>{12, 4, 1}));
  for (std::int64_t element = 0; element < 24; ++element) {
    const auto at = coordinates(shape, element);
    EXPECT_EQ(at, (std::vector<std::int64_t>{element / 12, element / 4 % 3, element % 4}));
    EXPECT_EQ(position(shape, at), element);
  }
  EXPECT_EQ(position(shape, {1, 3, 0}), -1);
  EXPECT_EQ(position(shape, {-1, 0, 0}), -1);
  EXPECT_EQ(position(Shape{}, {}), 0);
}

TEST(ElementOrder, ADimensionBetweenTheOthers) {
  const AxisRun run = axis_run(Shape{{2, 3, 4, 5}}, 2);
  EXPECT_EQ(run.outer, 6);
  EXPECT_EQ(run.length, 4);
  EXPECT_EQ(run.inner, 5);
}

}  // namespace
}  // namespace obscura::compiler::graph
