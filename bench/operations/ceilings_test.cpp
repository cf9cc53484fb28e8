#include "bench/operations/ceilings.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

TEST(Ceilings, FloorIsTheLongerOfArithmeticAndMemory) {
  const Ceilings ceilings = reference_ceilings();
  EXPECT_DOUBLE_EQ(floor_ms({.transforms = 10}, ceilings, 14, 1), 0.18);
  EXPECT_DOUBLE_EQ(floor_ms({.lane_ops = 29}, ceilings, 10, 1), 1.024e-3);
  EXPECT_DOUBLE_EQ(floor_ms({.random_bytes = 5e6}, ceilings, 14, 1), 1);
  EXPECT_DOUBLE_EQ(floor_ms({.bytes = 114e3}, ceilings, 14, 1), 1e-3);
  EXPECT_DOUBLE_EQ(floor_ms({.transforms = 10, .bytes = 114e3}, ceilings, 14, 1), 0.18);
  // All but what caches hold comes from memory.
  EXPECT_LT(floor_ms({.bytes = 28e9}, ceilings, 14, 1), 1000);
  EXPECT_GT(floor_ms({.transforms = 10, .bytes = 28e9}, ceilings, 14, 1), 950);
  EXPECT_DOUBLE_EQ(ntt_us(ceilings, 17), 84.0 * 2 * 17 / 16);
  EXPECT_DOUBLE_EQ(ntt_us(ceilings, 12), 9.0 / 2 * 12 / 13);
}

TEST(Ceilings, FloorOfAnOperationIsThatOfOneOfItsCalls) {
  const Operation operation{Group::kKernels, "a transform", {{14, {40}, {40}}, true}, {}};
  Case made;
  made.count = 10;
  made.passes = 5;
  made.work.transforms = 2;
  EXPECT_DOUBLE_EQ(floor_ms(operation, made, reference_ceilings(), 2), 0.018);
}

TEST(Ceilings, TheBetterFigureCounts) {
  Ceilings slow = reference_ceilings();
  slow.ntt_us[1] = 1000;
  slow.lane_ops = 1;
  const Ceilings better = better_ceilings(slow, reference_ceilings());
  EXPECT_EQ(better.ntt_us[1], 18);
  EXPECT_EQ(better.lane_ops, 29'000);
}

}  // namespace
}  // namespace obscura::bench::operations
