#include "bench/operations/work.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

using fhe::params::Level;
using fhe::params::RotationStep;

fhe::params::ParamSet params() {
  return fhe::params::ParamSet::create_insecure({{9, {40, 40, 40, 40}, {45, 45}}}).value();
}

TEST(Work, OfAKeySwitchCountsByHand) {
  const auto set = params();
  ASSERT_EQ(set.digits().size(), 2U);
  const Work work = WorkModel(set, Level(3)).key_switch(false);
  // ModUp: 4 inverse, two digits of two primes to 4 others each; ModDown, twice: 2 inverse and 4 forward.
  EXPECT_EQ(work.transforms, 4 + 2 * 4 + 2 * (2 + 4));
  const double up = 2 * (2 * kScaling + 4 * (2 * kMultiplyAdd + kReduction));
  const double key = 2 * 6 * (2 * kMultiplyAdd + kReduction);
  const double down = 2 * (2 * kScaling + 4 * (2 * kMultiplyAdd + kReduction + kScaling));
  EXPECT_EQ(work.lane_ops, up + key + down);
  EXPECT_EQ(work.bytes, 2.0 * 2 * 6 * 512 * 8);
}

TEST(Work, OfALowerLevelCutsTheLastDigit) {
  const auto set = params();
  const Work work = WorkModel(set, Level(2)).mod_up();
  // Digits of two primes and of one, which is only reduced.
  EXPECT_EQ(work.transforms, 3 + 3 + 4);
  EXPECT_EQ(work.lane_ops, 2 * kScaling + 3 * (2 * kMultiplyAdd + kReduction) + 4 * kReduction);
}

TEST(Work, OfATransformCountsDistinctRotationsOnce) {
  const auto set = params();
  const WorkModel model(set, Level(1));
  fhe::circuits::LinearTransform transform{{{RotationStep(0), {{0, RotationStep(0), 0}, {0, RotationStep(1), 1}}},
                                            {RotationStep(4), {{0, RotationStep(1), 2}}}},
                                           true};
  const double switched = (model.mod_up() + model.mod_down(false)).transforms;
  const double common = (model.mod_up() + 2 * model.mod_down(true)).transforms;
  EXPECT_EQ(model.extended_transform(transform, false).transforms, common + switched);
  EXPECT_EQ(model.extended_transform(transform, true).transforms, common + 3 * switched);
  const double diagonals = model.memory(3 * 4).bytes;
  const double keys = model.key_product().bytes;
  EXPECT_EQ(model.extended_transform(transform, false).bytes, diagonals + 2 * keys);
  EXPECT_EQ(model.extended_transform(transform, true).bytes, 2 * diagonals + 4 * keys);
}

}  // namespace
}  // namespace obscura::bench::operations
