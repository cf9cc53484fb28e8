#include "base/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace obscura::base {
namespace {

TEST(Parallel, RunsEveryIndexOnceForAnyNumberOfThreads) {
  for (const int threads : {1, 2, 3, 8}) {
    const Parallel parallel(threads);
    EXPECT_EQ(parallel.threads(), threads);
    for (const std::size_t count : {0u, 1u, 2u, 7u, 1000u}) {
      std::vector<int> hits(count, 0);
      parallel.for_each(count, [&](std::size_t i) { ++hits[i]; });
      EXPECT_EQ(hits, std::vector<int>(count, 1)) << threads << " threads, " << count << " indices";
    }
  }
}

TEST(Parallel, NestedLoopsFinish) {
  const Parallel parallel(3);
  std::vector<std::vector<int>> hits(16, std::vector<int>(16, 0));
  parallel.for_each(hits.size(), [&](std::size_t i) {
    parallel.for_each(hits[i].size(), [&, i](std::size_t j) { hits[i][j] += 1; });
  });
  for (const auto& row : hits) EXPECT_EQ(row, std::vector<int>(16, 1));
}

TEST(Parallel, SeveralThreadsShareOne) {
  const Parallel parallel(2);
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) parallel.for_each(10, [&](std::size_t) { total.fetch_add(1); });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total.load(), 4 * 50 * 10);
}

TEST(Parallel, UnusedOneStartsAndStops) {
  const Parallel parallel(4);
}

TEST(ParallelDeathTest, RefusesZeroThreads) {
  EXPECT_DEATH(Parallel(0), "at least one thread");
}

}  // namespace
}  // namespace obscura::base
