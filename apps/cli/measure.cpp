#include "apps/cli/measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "base/check.hpp"

namespace obscura::apps::cli {

double quantile(std::vector<double> sample, double q) {
  OBSCURA_CHECK(!sample.empty(), "quantile of an empty sample");
  std::sort(sample.begin(), sample.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sample.size())));
  return sample[std::min(sample.size() - 1, rank == 0 ? 0 : rank - 1)];
}

double median(std::vector<double> sample) {
  OBSCURA_CHECK(!sample.empty(), "median of an empty sample");
  std::sort(sample.begin(), sample.end());
  return sample[sample.size() / 2];
}

std::vector<double> time_ms(int repetitions, const std::function<void()>& body) {
  body();
  std::vector<double> sample;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    sample.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return sample;
}

}  // namespace obscura::apps::cli
