#include "deploy/client/release.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace obscura::deploy::client {
namespace {

using plan::program::Finish;

/// Releases one output's scores.
Release release_one(std::vector<double> scores, std::span<const std::string> labels = {},
                    Finish finish = Finish::kNone) {
  plan::program::Program program;
  program.error = {0.001, 0.006, 20.0};
  program.outputs = {{"scores", {}, 1.0, finish}};
  const std::vector<std::vector<double>> outputs = {std::move(scores)};
  return release(outputs, program, labels);
}

TEST(Release, RoundsScoresToTwiceTheBound) {
  const std::vector<double> scores = {1.2345678, -3.3, 7.7654321};
  const auto released = release_one(scores);
  EXPECT_EQ(released.step, 1.0 / 64);  // the smallest power of two >= 0.012
  EXPECT_EQ(released.label, 2);
  EXPECT_EQ(released.name, "2");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(std::fmod(released.scores[i], released.step), 0.0);
    EXPECT_NEAR(released.scores[i], scores[i], released.step / 2);
  }
  EXPECT_EQ(std::fmod(released.margin, released.step), 0.0);
  EXPECT_NEAR(released.margin, 7.7654321 - 1.2345678, released.step / 2);
  EXPECT_TRUE(released.decided);
  EXPECT_TRUE(released.in_range);
}

TEST(Release, SameRoundedAnswerForErrorsWithinHalfAStep) {
  EXPECT_EQ(release_one({0.5, 3.0}).scores, release_one({0.5 + 0.005, 3.0 - 0.005}).scores);
}

/// From one and a half steps of 1/64 on, which is more than the 0.012 within which errors could turn the label.
TEST(Release, SaysWhenTheMarginIsWithinTheError) {
  EXPECT_FALSE(release_one({1.0, 1.023}).decided);
  EXPECT_TRUE(release_one({1.0, 1.024}).decided);
}

/// Bounds of their own for `decided` and `in_range` would lie close to places where rounding steps, and tell a score
/// that fell between the two exactly.
TEST(Release, TellsNoMoreThanRoundedNumbersAndTheLabel) {
  std::mt19937_64 random(20261127);
  std::uniform_real_distribution<double> draw(19.9, 20.1);
  for (int i = 0; i < 1000; ++i) {
    const auto released = release_one({draw(random), draw(random)});
    ASSERT_EQ(released.in_range, released.scores[0] <= 20 && released.scores[1] <= 20);
    ASSERT_EQ(released.decided, released.margin >= 2 * released.step);
  }
}

TEST(Release, TheDefaultCapIsAMillionNumbers) {
  plan::program::Program program;
  program.outputs = {{"scores", std::vector<plan::program::OutputSlot>(10), 1.0, Finish::kNone}};
  EXPECT_EQ(default_release_cap(program), 95325u);  // 2^20 / 11
  program.outputs.push_back({"map", std::vector<plan::program::OutputSlot>(2000000), 1.0, Finish::kNone});
  EXPECT_EQ(default_release_cap(program), 1u);
}

TEST(Release, SaysWhenScoresAreBeyondCalibration) {
  EXPECT_FALSE(release_one({1.0, 20.5}).in_range);
  EXPECT_FALSE(release_one({1.0, std::nan("")}).in_range);
}

TEST(Release, NamesTheLabel) {
  const std::string labels[] = {"cat", "dog"};
  EXPECT_EQ(release_one({0.0, 5.0}, labels).name, "dog");
}

TEST(Release, FinishesRoundedScores) {
  const std::vector<double> scores = {1.003, 3.002, 2.001};
  const std::vector<double> noisy = {0.998, 2.997, 1.996};
  EXPECT_EQ(release_one(scores).outputs[0].values, (std::vector<double>{1, 3, 2}));
  const auto softmax = release_one(scores, {}, Finish::kSoftmax);
  const double sum = std::exp(-2) + std::exp(-1) + 1;
  ASSERT_EQ(softmax.outputs[0].values.size(), 3u);
  EXPECT_NEAR(softmax.outputs[0].values[0], std::exp(-2) / sum, 1e-15);
  EXPECT_NEAR(softmax.outputs[0].values[1], 1 / sum, 1e-15);
  EXPECT_EQ(softmax.outputs[0].values, release_one(noisy, {}, Finish::kSoftmax).outputs[0].values);
  EXPECT_EQ(softmax.scores, (std::vector<double>{1, 3, 2}));
  const auto logarithms = release_one(noisy, {}, Finish::kLogSoftmax).outputs[0].values;
  EXPECT_NEAR(logarithms[2], -1 - std::log(sum), 1e-15);
  EXPECT_EQ(release_one(scores, {}, Finish::kArgMax).outputs[0].values, std::vector<double>{1});
}

TEST(Release, SoftmaxOfLargeScoresStaysFinite) {
  const auto values = release_one({-1e6, 1e6}, {}, Finish::kSoftmax).outputs[0].values;
  EXPECT_EQ(values, (std::vector<double>{0, 1}));
}

TEST(Release, LabelsTheFirstOfSeveralOutputs) {
  plan::program::Program program;
  program.error = {0.001, 0.006, 20.0};
  program.outputs = {{"class", {}, 1.0, Finish::kNone}, {"box", {}, 1.0, Finish::kNone}};
  const std::vector<std::vector<double>> scores = {{1, 2}, {9, 8, 7}};
  const auto released = release(scores, program, {});
  EXPECT_EQ(released.label, 1);
  EXPECT_EQ(released.margin, 1);
  EXPECT_EQ(released.scores, (std::vector<double>{1, 2}));
  ASSERT_EQ(released.outputs.size(), 2u);
  EXPECT_EQ(released.outputs[1].name, "box");
  EXPECT_EQ(released.outputs[1].values, (std::vector<double>{9, 8, 7}));
  EXPECT_TRUE(released.in_range);
  EXPECT_FALSE(release(std::vector<std::vector<double>>{{1, 2}, {9, 80, 7}}, program, {}).in_range);
}

}  // namespace
}  // namespace obscura::deploy::client
