#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

/// Whether the time of a function tells two classes of inputs apart: Reparaz, Balasch, Verbauwhede, "Dude, is my code
/// constant time?", DATE 2017.
namespace obscura::tests {

/// Mean and variance of a growing sample (Welford).
class Sample {
 public:
  void add(double value);
  [[nodiscard]] double count() const { return count_; }
  [[nodiscard]] double mean() const { return mean_; }
  /// Of the mean, squared: the sample's variance / count.
  [[nodiscard]] double squared_error() const { return squares_ / (count_ - 1) / count_; }

 private:
  double count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

/// Welch's t of the difference of two means. 0 where a sample has fewer than two values or neither varies.
[[nodiscard]] double welch_t(const Sample& a, const Sample& b);

/// What is timed. `prepare` makes the input of one class (0: always the same, 1: drawn anew) with the same steps into
/// the same memory; only `run` is timed.
struct Subject {
  std::string name;
  std::function<void(int)> prepare;
  std::function<void()> run;
};

struct LeakReport {
  std::size_t measurements = 0;
  /// Of all crops the largest |t|, with its sign; positive: class 0 takes longer.
  double t = 0;
  int percentile = 100;      ///< of the crop that gave it
  double difference_ns = 0;  ///< of the means of that crop
  /// The same of classes that a coin names: what noise alone gives.
  double t_of_coins = 0;
  double median_ns = 0;
  /// The least difference of means that would have given |t| = kLeak, at the crop that sees best.
  double visible_ns = 0;
};

/// |t| from here on is a leak. Constant times give it at one crop in 1.5 * 10^5, and the crops are correlated.
inline constexpr double kLeak = 4.5;
/// From so many measurements on, every |t| >= kLeak counts. Shorter runs are to find gross leaks on busy machines:
/// there a difference of means below kLeastDifferenceNs is reported, not held against the function.
inline constexpr std::size_t kWholeRun = 1'000'000;
inline constexpr double kLeastDifferenceNs = 1;
/// What the slow tail is cut at, chosen beforehand: a time counts for a crop if it is at most this percentile of the
/// first kWarmUp times, which count for nothing else. 100: no cut.
inline constexpr int kPercentiles[] = {50, 75, 90, 95, 99, 100};
inline constexpr std::size_t kWarmUp = 10'000;

/// Times `subject` so many times, the classes interleaved at random by `seed`.
[[nodiscard]] LeakReport measure_leak(const Subject& subject, std::size_t measurements, std::uint64_t seed);

/// One line: name, t, measurements; and whether the machine was quiet enough to tell.
[[nodiscard]] std::string describe(const std::string& name, const LeakReport& report);

/// |t| >= kLeak; in a run shorter than kWholeRun, by a difference of means that counts there.
[[nodiscard]] bool leaks(const LeakReport& report);

/// The least visible difference is below a hundredth of the time, of a whole run below a 4,000th (an idle machine
/// sees about an 8,000th), and coins are not told apart.
[[nodiscard]] bool quiet(const LeakReport& report);

}  // namespace obscura::tests
