#include "plan/program/labels.hpp"

#include <gtest/gtest.h>

#include "plan/program/limits.hpp"

namespace obscura::plan::program {
namespace {

using Labels = std::vector<std::string>;

TEST(Labels, RoundTrip) {
  for (const Labels& labels : {Labels{}, Labels{"cat", "", "grüße"}}) {
    const auto parsed = parse_labels(serialize_labels(labels), 3);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(*parsed, labels);
  }
}

TEST(Labels, RefusesWrongCountsAndNames) {
  EXPECT_FALSE(parse_labels(serialize_labels(Labels{"a", "b"}), 3).has_value());
  EXPECT_FALSE(parse_labels(serialize_labels(Labels{"a", "b", "c", "d"}), 3).has_value());
  EXPECT_FALSE(parse_labels(serialize_labels(Labels{"a\n"}), 1).has_value());
  EXPECT_FALSE(parse_labels(serialize_labels(Labels{std::string(kMaxNameBytes + 1, 'a')}), 1).has_value());
  EXPECT_EQ(check_labels(Labels{"a"}, 2).error().code, base::ErrorCode::kUsage);
}

TEST(Labels, RefusesTruncation) {
  const auto bytes = serialize_labels(Labels{"one", "two"});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(parse_labels(std::span(bytes).first(length), 2).has_value()) << "length " << length;
  }
}

}  // namespace
}  // namespace obscura::plan::program
