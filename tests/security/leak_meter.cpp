#include "tests/security/leak_meter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace obscura::tests {
namespace {

constexpr std::size_t kCrops = std::size(kPercentiles);
using Thresholds = std::array<double, kCrops>;
using Classes = std::array<std::array<Sample, 2>, kCrops>;

double time_ns(const Subject& subject) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  subject.run();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

Thresholds thresholds_of(std::vector<double> times) {
  std::ranges::sort(times);
  Thresholds result;
  for (std::size_t i = 0; i < kCrops; ++i) {
    const std::size_t rank = times.size() * static_cast<std::size_t>(kPercentiles[i]) / 100;
    result[i] = kPercentiles[i] == 100 ? std::numeric_limits<double>::infinity() : times[rank];
  }
  return result;
}

double largest_t(const Classes& classes, LeakReport* report) {
  double most = 0;
  for (std::size_t i = 0; i < kCrops; ++i) {
    const double t = welch_t(classes[i][0], classes[i][1]);
    if (std::abs(t) <= std::abs(most)) continue;
    most = t;
    if (report == nullptr) continue;
    report->percentile = kPercentiles[i];
    report->difference_ns = classes[i][0].mean() - classes[i][1].mean();
  }
  return most;
}

double least_visible(const Classes& classes) {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [a, b] : classes) {
    if (a.count() < 2 || b.count() < 2) continue;
    least = std::min(least, kLeak * std::sqrt(a.squared_error() + b.squared_error()));
  }
  return least;
}

}  // namespace

void Sample::add(double value) {
  count_ += 1;
  const double distance = value - mean_;
  mean_ += distance / count_;
  squares_ += distance * (value - mean_);
}

double welch_t(const Sample& a, const Sample& b) {
  if (a.count() < 2 || b.count() < 2) return 0;
  const double error = std::sqrt(a.squared_error() + b.squared_error());
  return error > 0 ? (a.mean() - b.mean()) / error : 0;
}

LeakReport measure_leak(const Subject& subject, std::size_t measurements, std::uint64_t seed) {
  std::mt19937_64 coins(seed);
  const auto measure = [&](std::uint64_t word) {
    subject.prepare(static_cast<int>(word & 1));
    return time_ns(subject);
  };
  std::vector<double> warm_up(kWarmUp);
  for (double& time : warm_up) time = measure(coins());
  const Thresholds thresholds = thresholds_of(warm_up);
  Classes classes;
  Classes by_coin;
  for (std::size_t i = 0; i < measurements; ++i) {
    const std::uint64_t word = coins();
    const double time = measure(word);
    for (std::size_t crop = 0; crop < kCrops; ++crop) {
      if (time > thresholds[crop]) continue;
      classes[crop][word & 1].add(time);
      by_coin[crop][word >> 1 & 1].add(time);
    }
  }
  LeakReport report{.measurements = measurements, .median_ns = thresholds.front()};
  report.t = largest_t(classes, &report);
  report.t_of_coins = largest_t(by_coin, nullptr);
  report.visible_ns = least_visible(classes);
  return report;
}

bool leaks(const LeakReport& report) {
  const bool counts = report.measurements >= kWholeRun || std::abs(report.difference_ns) >= kLeastDifferenceNs;
  return std::abs(report.t) >= kLeak && counts;
}

bool quiet(const LeakReport& report) {
  const double least = report.median_ns / (report.measurements >= kWholeRun ? 4000 : 100);
  return report.visible_ns < least && std::abs(report.t_of_coins) < kLeak;
}

std::string describe(const std::string& name, const LeakReport& report) {
  const char* const verdict = leaks(report)                 ? "LEAKS"
                              : std::abs(report.t) >= kLeak ? "a difference too small to assign"
                              : quiet(report)               ? "no leak seen"
                                                            : "the machine was too noisy to tell";
  return fmt::format(
      "{:<62} t = {:+8.2f} (at {:>3}%, {:+.2f} ns), coins {:+5.2f}, n = {}, {:.0f} ns, sees {:.1f} ns: {}", name,
      report.t, report.percentile, report.difference_ns, report.t_of_coins, report.measurements, report.median_ns,
      report.visible_ns, verdict);
}

}  // namespace obscura::tests
