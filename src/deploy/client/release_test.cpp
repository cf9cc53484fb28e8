#include "deploy/client/release.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace obscura::deploy::client {
namespace {

const plan::program::ErrorStatement kError{0.001, 0.006, 20.0};

TEST(Release, RoundsScoresToTwiceTheBound) {
  const double scores[] = {1.2345678, -3.3, 7.7654321};
  const auto released = release(scores, kError, {});
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
  const double exact[] = {0.5, 3.0};
  const double noisy[] = {0.5 + 0.005, 3.0 - 0.005};
  EXPECT_EQ(release(exact, kError, {}).scores, release(noisy, kError, {}).scores);
}

TEST(Release, SaysWhenTheMarginIsWithinTheError) {
  const double scores[] = {1.0, 1.011};
  EXPECT_FALSE(release(scores, kError, {}).decided);
  const double apart[] = {1.0, 1.013};
  EXPECT_TRUE(release(apart, kError, {}).decided);
}

TEST(Release, SaysWhenScoresAreBeyondCalibration) {
  const double scores[] = {1.0, 20.5};
  EXPECT_FALSE(release(scores, kError, {}).in_range);
  const double invalid[] = {1.0, std::nan("")};
  EXPECT_FALSE(release(invalid, kError, {}).in_range);
}

TEST(Release, NamesTheLabel) {
  const double scores[] = {0.0, 5.0};
  const std::string labels[] = {"cat", "dog"};
  EXPECT_EQ(release(scores, kError, labels).name, "dog");
}

}  // namespace
}  // namespace obscura::deploy::client
