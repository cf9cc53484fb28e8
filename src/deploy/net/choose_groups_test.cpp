#include "deploy/net/choose_groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/net/testing/pipeline.hpp"

namespace obscura::deploy::net::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Trust three_groups() {
  Trust trust = Cast().trust;
  trust.groups = {{.number = 2, .name = "acme", .workers = {key_of(20).verify_key()}},
                  {.number = 5, .name = "empty", .workers = {}},
                  {.number = 9, .name = "cobo", .workers = {key_of(21).verify_key()}}};
  return trust;
}

base::Result<std::vector<std::uint32_t>> choose(const Trust& trust, const std::vector<std::string>& names,
                                                std::size_t count) {
  return choose_groups(trust, names, count);
}

TEST(ChooseGroups, TakesThoseThatAreNamedOrTheFirstThatHaveWorkers) {
  const Trust trust = three_groups();
  EXPECT_THAT(choose(trust, {}, 0).value(), ElementsAre(0));
  EXPECT_THAT(choose(trust, {}, 3).value(), ElementsAre(0, 2, 9));
  EXPECT_THAT(choose(trust, {"cobo", "acme"}, 0).value(), ElementsAre(9, 2));
  EXPECT_THAT(choose(trust, {"cobo", "default", "acme"}, 2).value(), ElementsAre(9, 0));
  EXPECT_THAT(choose(Trust(), {}, 1).value(), ElementsAre(0));
}

TEST(ChooseGroups, RefusesTooFewUnknownAndTwice) {
  const Trust trust = three_groups();
  const auto few = choose(trust, {}, 4);
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().code, base::ErrorCode::kUsage);
  EXPECT_THAT(few.error().message, HasSubstr("there are 3: default, acme"));
  EXPECT_EQ(choose(trust, {"acme"}, 2).error().code, base::ErrorCode::kUsage);
  EXPECT_EQ(choose(trust, {"acme", "acme"}, 0).error().code, base::ErrorCode::kUsage);
  for (const char* name : {"nobody", "empty"}) {
    const auto unknown = choose(trust, {name}, 0);
    ASSERT_FALSE(unknown) << name;
    EXPECT_EQ(unknown.error().code, base::ErrorCode::kUntrusted);
    EXPECT_THAT(unknown.error().message, HasSubstr(name));
  }
}

TEST(ChooseGroups, KnowsTheirNames) {
  const Trust trust = three_groups();
  EXPECT_EQ(name_of_group(trust, 0), "default");
  EXPECT_EQ(name_of_group(trust, 9), "cobo");
  EXPECT_EQ(name_of_group(trust, 1), "group 1");
  EXPECT_EQ(find_group(trust, "acme"), 2U);
  EXPECT_EQ(find_group(trust, "2-acme"), std::nullopt);
}

}  // namespace
}  // namespace obscura::deploy::net::testing
