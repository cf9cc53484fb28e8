#include "images/preprocess.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace obscura::images {
namespace {

using base::ErrorCode;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

TEST(Preprocess, ScalesShiftsAndDivides) {
  const Image image{1, 1, 2, {0.0F, 255.0F}};
  EXPECT_THAT(to_tensor(image, {.channels = 1, .height = 1, .width = 2}).value(), ElementsAre(0.0F, 1.0F));
  const InputSpec spec{.channels = 1, .height = 1, .width = 2, .scale = 1.0, .mean = {55.0}, .std = {100.0}};
  EXPECT_THAT(to_tensor(image, spec).value(), ElementsAre(-0.55F, 2.0F));
}

TEST(Preprocess, MeansFollowTheNetworksOrderOfColours) {
  const Image image{3, 1, 1, {10.0F, 20.0F, 30.0F}};
  InputSpec spec{.channels = 3, .height = 1, .width = 1, .scale = 1.0, .mean = {1.0, 2.0, 3.0}};
  EXPECT_THAT(to_tensor(image, spec).value(), ElementsAre(9.0F, 18.0F, 27.0F));
  spec.bgr = true;
  EXPECT_THAT(to_tensor(image, spec).value(), ElementsAre(29.0F, 18.0F, 7.0F));
}

TEST(Preprocess, ColoursAreConvertedOnlyWhenStated) {
  const Image grey{1, 1, 1, {100.0F}};
  const Image colour{3, 1, 1, {100.0F, 200.0F, 50.0F}};
  InputSpec to_colour{.channels = 3, .height = 1, .width = 1, .scale = 1.0};
  InputSpec to_grey{.channels = 1, .height = 1, .width = 1, .scale = 1.0};
  EXPECT_EQ(to_tensor(grey, to_colour).error().code, ErrorCode::kMismatch);
  EXPECT_THAT(to_tensor(colour, to_grey).error().message, HasSubstr("3 channel(s) and the network wants 1"));
  to_colour.convert_colour = to_grey.convert_colour = true;
  EXPECT_THAT(to_tensor(grey, to_colour).value(), ElementsAre(100.0F, 100.0F, 100.0F));
  EXPECT_THAT(to_tensor(colour, to_grey).value(), ElementsAre(FloatNear(153.0F, 1e-3F)));
  to_colour.channels = 2;
  EXPECT_EQ(to_tensor(grey, to_colour).error().code, ErrorCode::kMismatch);
}

TEST(Preprocess, SizesAreChangedOnlyWhenStated) {
  const Image image{1, 2, 2, {0.0F, 1.0F, 2.0F, 3.0F}};
  InputSpec spec{.channels = 1, .height = 1, .width = 1, .scale = 1.0};
  const auto refused = to_tensor(image, spec);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMismatch);
  EXPECT_THAT(refused.error().message, HasSubstr("2 x 2 pixels and the network wants 1 x 1"));
  spec.resize = Resize::kBilinear;
  EXPECT_THAT(to_tensor(image, spec).value(), ElementsAre(FloatNear(1.5F, 1e-6F)));
}

// By hand: enlarging 2 to 4 samples reads at -0.25, 0.25, 0.75, 1.25 (clamped at the ends); halving 4 samples uses
// the triangle of half-width 2, cut and renormalised at the ends: (3, 3, 1)/7 and its mirror.
TEST(Preprocess, BilinearKnownAnswers) {
  InputSpec spec{.channels = 1, .height = 1, .width = 4, .scale = 1.0, .resize = Resize::kBilinear};
  EXPECT_THAT(to_tensor({1, 1, 2, {0.0F, 4.0F}}, spec).value(),
              ElementsAre(0.0F, FloatNear(1.0F, 1e-6F), FloatNear(3.0F, 1e-6F), 4.0F));
  spec.width = 2;
  EXPECT_THAT(to_tensor({1, 1, 4, {7.0F, 0.0F, 0.0F, 14.0F}}, spec).value(),
              ElementsAre(FloatNear(3.0F, 1e-5F), FloatNear(6.0F, 1e-5F)));
}

TEST(Preprocess, ResizingKeepsConstantsAndTransposes) {
  InputSpec spec{.channels = 1, .height = 5, .width = 3, .scale = 1.0, .resize = Resize::kBilinear};
  const auto constant = to_tensor({1, 7, 11, std::vector<float>(77, 42.0F)}, spec);
  ASSERT_TRUE(constant);
  for (const float value : *constant) EXPECT_NEAR(value, 42.0F, 1e-4F);
  Image image{1, 4, 6, {}};
  Image turned{1, 6, 4, std::vector<float>(24)};
  for (std::size_t i = 0; i < 24; ++i) {
    image.values.push_back(static_cast<float>(i * i % 17));
    turned.values[i % 6 * 4 + i / 6] = image.values[i];
  }
  const auto direct = to_tensor(image, spec).value();
  spec.height = 3;
  spec.width = 5;
  const auto mirrored = to_tensor(turned, spec).value();
  for (std::size_t y = 0; y < 5; ++y) {
    for (std::size_t x = 0; x < 3; ++x) EXPECT_NEAR(direct[y * 3 + x], mirrored[x * 5 + y], 1e-4F);
  }
}

TEST(Preprocess, SenselessSpecificationsAreRefused) {
  const Image image{1, 1, 1, {1.0F}};
  const InputSpec good{.channels = 1, .height = 1, .width = 1};
  const auto refused = [&](auto change) {
    InputSpec spec = good;
    change(spec);
    const auto tensor = to_tensor(image, spec);
    return !tensor && tensor.error().code == ErrorCode::kUsage;
  };
  EXPECT_TRUE(to_tensor(image, good));
  EXPECT_TRUE(refused([](InputSpec& s) { s.std = {0.0}; }));
  EXPECT_TRUE(refused([](InputSpec& s) { s.mean = {1.0, 2.0}; }));
  EXPECT_TRUE(refused([](InputSpec& s) { s.mean = {std::nan("")}; }));
  EXPECT_TRUE(refused([](InputSpec& s) { s.scale = std::numeric_limits<double>::infinity(); }));
  EXPECT_TRUE(refused([](InputSpec& s) { s.channels = 0; }));
  EXPECT_TRUE(refused([](InputSpec& s) { s.bgr = true; }));
}

}  // namespace
}  // namespace obscura::images
