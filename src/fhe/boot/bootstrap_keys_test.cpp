#include "fhe/boot/bootstrap_keys.hpp"

#include <gtest/gtest.h>

#include "fhe/ckks/key_id.hpp"
#include "fhe/params/bootstrap_presets.hpp"

namespace obscura::fhe::boot {
namespace {

struct Made {
  params::ParamSet params;
  params::BootstrapParams bootstrap;
};

Made make(const params::BootstrapPreset& preset) {
  params::ParamSet params = params::ParamSet::create(preset.params).value();
  params::BootstrapParams bootstrap = params::BootstrapParams::create(params, preset.bootstrap).value();
  return {std::move(params), std::move(bootstrap)};
}

TEST(BootstrapKeys, OfThePresetsAreFewAndSmall) {
  for (const params::BootstrapPreset& preset : params::bootstrap_presets()) {
    const Made made = make(preset);
    EXPECT_LE(bootstrap_keys(made.bootstrap).size(), 33U) << preset.name;
    EXPECT_LE(bootstrap_key_bytes(made.params, made.bootstrap), 1.3e9) << preset.name;
  }
}

TEST(BootstrapKeys, OfAllSlotsAreThoseOfThreeMatricesAndFourMore) {
  const Made made = make(params::bootstrap_presets().front());
  const auto keys = bootstrap_keys(made.bootstrap);
  // Eight babies and a giant for two matrices, seven and a giant for the one that wraps around: shared by both
  // directions.
  EXPECT_EQ(keys.size(), 30U);
  EXPECT_EQ(keys.at(ckks::encapsulation_key_id()), params::Level(0));
  EXPECT_EQ(keys.at(ckks::decapsulation_key_id()), made.bootstrap.top_level());
  EXPECT_EQ(keys.at(ckks::relinearization_key_id()), made.bootstrap.eval_mod_level());
  EXPECT_EQ(keys.at(ckks::conjugation_key_id(16)), made.bootstrap.eval_mod_level());
  // Baby steps of stride 1024 serve CoeffsToSlots at the top and SlotsToCoeffs at level 1.
  EXPECT_EQ(keys.at(ckks::rotation_key_id(params::RotationStep(1024), 16)), made.bootstrap.top_level());
}

TEST(BootstrapKeys, OfFewSlotsHoldTheTrace) {
  const Made made = make(params::bootstrap_presets().back());
  const auto keys = bootstrap_keys(made.bootstrap);
  for (const int step : {1 << 12, 1 << 13, 1 << 14}) {
    EXPECT_EQ(keys.at(ckks::rotation_key_id(params::RotationStep(step), 16)), made.bootstrap.top_level());
  }
}

}  // namespace
}  // namespace obscura::fhe::boot
