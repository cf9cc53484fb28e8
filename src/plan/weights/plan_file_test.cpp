#include "plan/weights/plan_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>

#include "artifact/container.hpp"
#include "plan/weights/testing/tiny_plan.hpp"
#include "plan/weights/verify.hpp"

namespace obscura::plan::weights {
namespace {

using testing::tiny_plan;

void expect_equal(const Plan& left, const Plan& right) {
  EXPECT_EQ(left.program, right.program);
  EXPECT_EQ(left.weights.values, right.weights.values);
  EXPECT_EQ(left.labels, right.labels);
  EXPECT_EQ(left.predicted_ms, right.predicted_ms);
}

TEST(PlanFile, RoundTripsThroughBytesAndAFile) {
  const Plan plan = tiny_plan();
  const auto parsed = read_plan(write_plan(plan), "a.plan");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  expect_equal(*parsed, plan);

  const std::string path = std::filesystem::path(::testing::TempDir()) / "obscura_plan_file_test.plan";
  ASSERT_TRUE(write_plan_file(path, plan).has_value());
  const auto permissions = std::filesystem::status(path).permissions();
  EXPECT_EQ(permissions & std::filesystem::perms::others_all, std::filesystem::perms::none);
  EXPECT_EQ(permissions & std::filesystem::perms::group_all, std::filesystem::perms::none);
  const auto read = read_plan_file(path);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  expect_equal(*read, plan);
  std::filesystem::remove(path);
  EXPECT_EQ(read_plan_file(path).error().code, base::ErrorCode::kNotFound);
}

TEST(PlanFile, DropsImaginaryPartsThatAreZero) {
  Plan real = tiny_plan();
  for (auto& slots : real.weights.values) {
    for (auto& value : slots) value.imag(0);
  }
  EXPECT_LT(write_plan(real).size(), write_plan(tiny_plan()).size());
  expect_equal(read_plan(write_plan(real), "a.plan").value(), real);
}

TEST(PlanFile, RefusesEveryFlippedByte) {
  std::vector<std::uint8_t> bytes = write_plan(tiny_plan());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 0x20;
    EXPECT_FALSE(read_plan(bytes, "a.plan").has_value()) << "byte " << i;
    bytes[i] ^= 0x20;
  }
}

// Plans had three sections before they held predicted times.
TEST(PlanFile, SaysThatAPlanWithoutPredictedTimesIsOfAnEarlierVersion) {
  const std::vector<std::uint8_t> bytes = write_plan(tiny_plan());
  const auto kind = artifact::ArtifactKind::kPlan;
  const auto now = artifact::ContainerReader::open(bytes, {kind, "a.plan", bytes.size()}).value();
  artifact::ContainerWriter earlier(kind, now.header().params, now.header().insecure());
  for (const std::uint32_t id : {1U, 2U, 3U}) {
    const auto section = now.section(id).value();
    earlier.add(id, {section.begin(), section.end()});
  }
  const auto parsed = read_plan(earlier.finish(), "a.plan");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().code, base::ErrorCode::kUnsupported) << parsed.error().message;
  EXPECT_NE(parsed.error().message.find("earlier version"), std::string::npos) << parsed.error().message;
}

TEST(PlanFile, RefusesTruncationAtEveryLength) {
  const std::vector<std::uint8_t> bytes = write_plan(tiny_plan());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(read_plan(std::span(bytes).first(length), "a.plan").has_value()) << "length " << length;
  }
}

TEST(PlanFile, RefusesWhatVerifyRefusesAndNamesTheFile) {
  const auto refused = [](const std::function<void(Plan&)>& damage, const std::string& part) {
    Plan plan = tiny_plan();
    damage(plan);
    EXPECT_FALSE(verify(plan).has_value()) << part;
    const auto read = read_plan(write_plan(plan), "a.plan");
    ASSERT_FALSE(read.has_value()) << part;
    EXPECT_EQ(read.error().code, base::ErrorCode::kCorrupt);
    EXPECT_NE(read.error().message.find(part), std::string::npos) << read.error().message;
    EXPECT_EQ(read.error().message.rfind("a.plan: ", 0), 0u) << read.error().message;
  };
  refused([](Plan& plan) { plan.weights.values.pop_back(); }, "malformed");
  refused([](Plan& plan) { plan.weights.values.push_back(plan.weights.values[0]); }, "left over");
  refused([](Plan& plan) { plan.weights.values[2].pop_back(); }, "malformed");
  refused([](Plan& plan) { plan.weights.values[0][1] = std::nan(""); }, "weight 0 holds a value");
  refused([](Plan& plan) { plan.weights.values[0][1] = 1e12; }, "weight 0 holds a value");
  refused([](Plan& plan) { plan.labels.pop_back(); }, "labels");
  refused([](Plan& plan) { plan.predicted_ms.pop_back(); }, "malformed");
  refused([](Plan& plan) { plan.predicted_ms.push_back(1); }, "left over");
  refused([](Plan& plan) { plan.predicted_ms[2] = -1; }, "predicted times");
  refused([](Plan& plan) { plan.predicted_ms[2] = std::nan(""); }, "predicted times");
  refused([](Plan& plan) { plan.labels.front().assign(1, char{9}); }, "label 0");
}

}  // namespace
}  // namespace obscura::plan::weights
