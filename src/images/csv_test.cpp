#include "images/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace obscura::images {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto rows = decode_csv(text, "x.csv");
  return rows ? "accepted" : rows.error().message;
}

TEST(Csv, ReadsRowsOfNumbers) {
  const auto rows = decode_csv("1, -2.5,3e2\r\n\n  4\n5,6", "x");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre(ElementsAre(1.0F, -2.5F, 300.0F), ElementsAre(4.0F), ElementsAre(5.0F, 6.0F)));
}

TEST(Csv, NamesLineAndColumnOfWhatIsWrong) {
  EXPECT_THAT(error_of("1,2\n3,x"), HasSubstr("x.csv, line 2, column 2: \"x\" is not a finite number"));
  EXPECT_THAT(error_of("a,b\n1,2"), HasSubstr("line 1, column 1"));
  EXPECT_THAT(error_of("1,,2"), HasSubstr("line 1, column 2"));
  EXPECT_THAT(error_of("1,2,"), HasSubstr("line 1, column 3"));
  EXPECT_THAT(error_of("1 2"), HasSubstr("\"1 2\""));
  EXPECT_THAT(error_of("nan"), HasSubstr("not a finite number"));
  EXPECT_THAT(error_of("1e99"), HasSubstr("not a finite number"));
  EXPECT_THAT(error_of(""), HasSubstr("holds no numbers"));
  EXPECT_THAT(error_of(" \n\n"), HasSubstr("holds no numbers"));
}

}  // namespace
}  // namespace obscura::images
