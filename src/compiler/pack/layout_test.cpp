#include "compiler/pack/layout.hpp"

#include <gtest/gtest.h>

namespace obscura::compiler::pack {
namespace {

TEST(Layout, MapsCopiesWithCyclicExtension) {
  const Layout layout{16, 3, 4, 2, 8, 0, 0, 6};
  const std::vector<std::int32_t> expected = {0, 1, 2, -1, 0, 1, -1, -1, 0, 1, 2, -1, 0, 1, -1, -1};
  EXPECT_EQ(element_map(layout), expected);
  EXPECT_EQ(element_slots(layout), (std::vector<std::int32_t>{0, 1, 2}));
}

TEST(Layout, NegativePositionsWrapToTheEndOfTheSlots) {
  const Layout layout{8, 3, 3, 1, 8, 0, -2, 1};
  const std::vector<std::int32_t> expected = {0, -1, -1, -1, -1, -1, 1, 2};
  EXPECT_EQ(element_map(layout), expected);
  EXPECT_EQ(element_slots(layout), (std::vector<std::int32_t>{0, 6, 7}));
}

TEST(Layout, PrefersAnAlignedWindowAndRefusesAnIncompleteOne) {
  const auto aligned = column_window({16, 3, 4, 1, 16, 0, -3, 6});
  ASSERT_TRUE(aligned.has_value());
  EXPECT_EQ(aligned->first, 0);
  EXPECT_EQ(aligned->count, 3);
  const auto rotated = column_window({16, 3, 4, 1, 16, 0, 1, 5});
  ASSERT_TRUE(rotated.has_value());
  EXPECT_EQ(rotated->first, 1);
  EXPECT_EQ(rotated->count, 4);
  EXPECT_FALSE(column_window({16, 3, 4, 1, 16, 0, 1, 4}).has_value());
}

}  // namespace
}  // namespace obscura::compiler::pack
