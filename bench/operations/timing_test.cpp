#include "bench/operations/timing.hpp"

#include <gtest/gtest.h>

#include <string>

namespace obscura::bench::operations {
namespace {

TEST(Timing, CountsRunsAndFaults) {
  int calls = 0;
  const Timing timing = time_runs(5, [&] { ++calls; });
  EXPECT_EQ(calls, 6);
  EXPECT_EQ(timing.ms.size(), 5U);
  EXPECT_EQ(timing.faults_per_run, 0);
}

TEST(Timing, TakesTurns) {
  std::string order;
  const auto ms = time_in_turn(2, {[&] { order += 'a'; }, [&] { order += 'b'; }});
  EXPECT_EQ(order, "aabbaabb");
  ASSERT_EQ(ms.size(), 2U);
  EXPECT_EQ(ms[0].size(), 2U);
  EXPECT_EQ(ms[1].size(), 2U);
}

TEST(Timing, QuantilesOfASample) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 3, 1, 2}), 3);
  EXPECT_EQ(quantile({3, 1, 2}, 0), 1);
  EXPECT_EQ(quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(quantile({3, 1, 2}, 1), 3);
}

}  // namespace
}  // namespace obscura::bench::operations
