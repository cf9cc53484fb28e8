#include "fhe/params/bootstrap_presets.hpp"

#include <gtest/gtest.h>

#include "fhe/params/bootstrap_error.hpp"

namespace obscura::fhe::params {
namespace {

TEST(BootstrapPresets, AreSecureAndLeaveTenLevelsAndEighteenBits) {
  for (const BootstrapPreset& preset : bootstrap_presets()) {
    const auto params = ParamSet::create(preset.params);
    ASSERT_TRUE(params.has_value()) << preset.name << ": " << params.error().message;
    const auto bootstrap = BootstrapParams::create(*params, preset.bootstrap);
    ASSERT_TRUE(bootstrap.has_value()) << preset.name << ": " << bootstrap.error().message;
    EXPECT_LE(params->log2_qp(), max_log_qp(Security::k128, 16));
    EXPECT_EQ(params->digits().size(), 3U);
    EXPECT_GE(bootstrap->usable_levels(), 10);
    EXPECT_LE(bootstrap->log2_failure(), -64);
    const Scale scale = Scale::power_of_two(preset.scale_bits);
    const double noise = bootstrap_noise_sd(*params, *bootstrap, scale, scale);
    EXPECT_LT(noise, 0x1p-20) << preset.name;
    EXPECT_LT(bootstrap_truncation(*bootstrap), 0x1p-22) << preset.name;
    EXPECT_LT(bootstrap_bias(*bootstrap, 1), 0x1p-19) << preset.name;
  }
}

TEST(BootstrapBias, IsTheCubicTermOfTheSine) {
  const BootstrapPreset preset = bootstrap_presets().front();
  const auto params = ParamSet::create(preset.params).value();
  const auto bootstrap = BootstrapParams::create(params, preset.bootstrap).value();
  // (2 pi)^2 / 6 / R^2, R = 2^11; the next term is 10^-6 of it.
  constexpr double kCubic = 6.579736267392906 / 4194304;
  for (const double v : {-1.0, 0.25, 0.5, 1.0}) {
    EXPECT_NEAR(bootstrap_bias(bootstrap, v), kCubic * v * v * v, kCubic * 1e-4);
  }
  EXPECT_EQ(bootstrap_bias(bootstrap, 0), 0);
}

TEST(BootstrapNoise, GrowsWithTheMessageRatio) {
  const BootstrapPreset preset = bootstrap_presets().front();
  const auto params = ParamSet::create(preset.params).value();
  const Scale scale = Scale::power_of_two(preset.scale_bits);
  double before = 0;
  for (int ratio = 9; ratio <= 12; ++ratio) {
    BootstrapLiteral literal = preset.bootstrap;
    literal.message_ratio_bits = ratio;
    const auto bootstrap = BootstrapParams::create(params, literal).value();
    const double noise = bootstrap_noise_sd(params, bootstrap, scale, scale);
    if (before > 0) {
      EXPECT_NEAR(noise / before, 2, 0.2);
    }
    before = noise;
  }
}

}  // namespace
}  // namespace obscura::fhe::params
