#include "bench/operations/timing.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "base/check.hpp"

namespace obscura::bench::operations {

namespace {

double time_once(const std::function<void()>& body) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  body();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

Timing time_runs(int runs, const std::function<void()>& body) {
  OBSCURA_CHECK(runs >= 1, "nothing to time");
  Timing timing;
  timing.ms.resize(static_cast<std::size_t>(runs));
  body();
  const long before = minor_faults();
  for (double& ms : timing.ms) ms = time_once(body);
  timing.faults_per_run = static_cast<double>(minor_faults() - before) / runs;
  return timing;
}

std::vector<std::vector<double>> time_in_turn(int runs, const std::vector<std::function<void()>>& bodies) {
  OBSCURA_CHECK(runs >= 1 && !bodies.empty(), "nothing to time");
  std::vector<std::vector<double>> ms(bodies.size());
  for (int run = 0; run < runs; ++run) {
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      bodies[i]();
      ms[i].push_back(time_once(bodies[i]));
    }
  }
  return ms;
}

double median(std::vector<double> sample) {
  OBSCURA_CHECK(!sample.empty(), "median of an empty sample");
  std::sort(sample.begin(), sample.end());
  return sample[sample.size() / 2];
}

double quantile(std::vector<double> sample, double q) {
  OBSCURA_CHECK(!sample.empty(), "quantile of an empty sample");
  std::sort(sample.begin(), sample.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sample.size())));
  return sample[std::min(sample.size() - 1, rank == 0 ? 0 : rank - 1)];
}

long minor_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

}  // namespace obscura::bench::operations
