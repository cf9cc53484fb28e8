#include "bench/operations/limb_cost.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

TEST(LimbCost, IsPositive) {
  const LimbCost cost = measure_limb_cost(fhe::kernels::portable_kernels(), 11);
  EXPECT_EQ(cost.log_n, 11);
  EXPECT_GT(cost.ntt_us, 0);
  EXPECT_GT(cost.multiply_us, 0);
  EXPECT_GT(cost.read_us, 0);
}

}  // namespace
}  // namespace obscura::bench::operations
