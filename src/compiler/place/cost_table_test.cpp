#include "compiler/place/cost_table.hpp"

#include <gtest/gtest.h>

namespace obscura::compiler::place {
namespace {

TEST(CostTable, PrintsAndParsesBack) {
  const CostTable table = default_cost_table();
  const auto parsed = parse_cost_table(print(table));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(*parsed, table);
}

TEST(CostTable, DoublesBeyondItsRows) {
  const CostTable table{{{13, 10, 2, 4, 20}, {14, 21, 5, 9, 50}}};
  EXPECT_EQ(table.row(14), (CostRow{14, 21, 5, 9, 50}));
  EXPECT_EQ(table.row(16), (CostRow{16, 84, 20, 36, 200}));
  EXPECT_EQ(table.row(12), (CostRow{12, 5, 1, 2, 10}));
}

TEST(CostTable, RefusesMalformedRowsAndNamesTheLine) {
  for (const char* text :
       {"", "# nothing\n", "13 1 2 3\n", "13 1 2 3 4 5\n", "13 1 0 3 4\n", "13 1 2 0 4\n", "13 1 nan 3 4\n",
        "13 1 2 3 4\n15 1 2 3 4\n", "2 1 2 3 4\n", "x 1 2 3 4\n", "13 -1 2 3 4\n"}) {
    const auto parsed = parse_cost_table(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, base::ErrorCode::kCorrupt);
  }
  EXPECT_NE(parse_cost_table("13 1 2 3 4\n15 1 2 3 4\n").error().message.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace obscura::compiler::place
