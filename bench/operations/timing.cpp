#include "bench/operations/timing.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "base/check.hpp"

namespace obscura::bench::operations {

Timing time_runs(int runs, const std::function<void()>& body) {
  OBSCURA_CHECK(runs >= 1, "nothing to time");
  using Clock = std::chrono::steady_clock;
  Timing timing;
  timing.ms.resize(static_cast<std::size_t>(runs));
  body();
  const long before = minor_faults();
  for (double& ms : timing.ms) {
    const auto start = Clock::now();
    body();
    ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  }
  timing.faults_per_run = static_cast<double>(minor_faults() - before) / runs;
  return timing;
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
