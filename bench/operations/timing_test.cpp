#include "bench/operations/timing.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

TEST(Timing, CountsRunsAndFaults) {
  int calls = 0;
  const Timing timing = time_runs(5, [&] { ++calls; });
  EXPECT_EQ(calls, 6);
  EXPECT_EQ(timing.ms.size(), 5U);
  EXPECT_EQ(timing.faults_per_run, 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
}

}  // namespace
}  // namespace obscura::bench::operations
