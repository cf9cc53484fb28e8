#include "tests/security/leak_meter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <random>
#include <vector>

#include "tests/engine/engine.hpp"

namespace obscura::tests {
namespace {

Sample sample_of(std::initializer_list<double> values) {
  Sample sample;
  for (const double value : values) sample.add(value);
  return sample;
}

TEST(LeakMeter, ComputesWelchsT) {
  // Means 3 and 6, variances 2.5 and 10, five values each: -3 / sqrt(0.5 + 2).
  EXPECT_NEAR(welch_t(sample_of({1, 2, 3, 4, 5}), sample_of({2, 4, 6, 8, 10})), -3 / std::sqrt(2.5), 1e-12);
  EXPECT_EQ(welch_t(sample_of({1}), sample_of({1, 2})), 0);
  EXPECT_EQ(welch_t(sample_of({1, 1}), sample_of({1, 1})), 0);
}

/// A comparison of 4096 bytes with a secret, which the fixed input equals and a drawn one leaves at once.
class Comparison {
 public:
  explicit Comparison(bool leaky) : leaky_(leaky) {
    for (std::uint8_t& byte : secret_) byte = static_cast<std::uint8_t>(generator_());
  }
  Subject subject() {
    return {leaky_ ? "a comparison that stops at the first difference" : "a comparison of all bytes",
            [this](int kind) {
              const auto offset = static_cast<std::uint8_t>(generator_() % 255 + 1);
              for (std::size_t i = 0; i < secret_.size(); ++i) {
                input_[i] = static_cast<std::uint8_t>(secret_[i] + kind * offset);
              }
            },
            [this] { equal_ = leaky_ ? stops_early() : reads_all(); }};
  }

 private:
  using Block = std::array<std::uint8_t, 4096>;
  [[nodiscard]] bool stops_early() const {
    for (std::size_t i = 0; i < secret_.size(); ++i) {
      if (input_[i] != secret_[i]) return false;
    }
    return true;
  }
  [[nodiscard]] bool reads_all() const {
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < secret_.size(); ++i) {
      difference = static_cast<std::uint8_t>(difference | (input_[i] ^ secret_[i]));
    }
    return difference == 0;
  }

  bool leaky_;
  std::mt19937_64 generator_{1};
  Block secret_{};
  Block input_{};
  volatile bool equal_ = false;
};

TEST(LeakMeter, SeesAComparisonThatStopsEarly) {
  Comparison comparison(true);
  const Subject subject = comparison.subject();
  const LeakReport report = measure_leak(subject, 20'000, 1);
  std::puts(describe(subject.name, report).c_str());
  EXPECT_GT(report.t, 10 * kLeak);
  EXPECT_TRUE(leaks(report));
}

/// The other side of the control: the same data, and no branch. Noise may hide a leak, it does not make one.
TEST(LeakMeter, SeesNothingInAComparisonOfAllBytes) {
  Comparison comparison(false);
  const Subject subject = comparison.subject();
  const LeakReport report = measure_leak(subject, 20'000, 1);
  std::puts(describe(subject.name, report).c_str());
  EXPECT_FALSE(leaks(report));
}

/// The centred binomial by adding up bits one after the other until none is left: right, and its time depends on them.
void branching_binomial(random::Stream& stream, std::span<std::int8_t> out) {
  std::vector<std::uint64_t> words(out.size());
  stream.fill({reinterpret_cast<std::uint8_t*>(words.data()), 8 * words.size()});
  const auto ones = [](std::uint64_t bits) {
    int count = 0;
    for (; bits != 0; bits &= bits - 1) ++count;
    return count;
  };
  constexpr std::uint64_t kCoins = (std::uint64_t{1} << 21) - 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::int8_t>(ones(words[i] & kCoins) - ones(words[i] >> 21 & kCoins));
  }
}

/// The classes of the tests of samplers, a fixed seed and drawn ones, tell a sampler that branches from one that does
/// not.
TEST(LeakMeter, SeesASamplerThatBranches) {
  std::mt19937_64 generator(1);
  std::optional<random::Stream> stream;
  std::vector<std::int8_t> out(512);
  const Subject subject{"a binomial sampler that branches, fixed seed and random ones",
                        [&](int kind) {
                          const std::uint64_t fresh = generator();
                          stream.emplace(seed_of(kind == 0 ? 1 : fresh), random::Domain::kTest, 0);
                        },
                        [&] { branching_binomial(*stream, out); }};
  const LeakReport report = measure_leak(subject, 20'000, 1);
  std::puts(describe(subject.name, report).c_str());
  EXPECT_TRUE(leaks(report));
}

TEST(LeakMeter, SaysWhenTheMachineIsTooNoisy) {
  LeakReport report{.measurements = 100, .t = 1, .median_ns = 1000, .visible_ns = 9};
  EXPECT_NE(describe("f", report).find("no leak seen"), std::string::npos);
  report.visible_ns = 11;
  EXPECT_NE(describe("f", report).find("too noisy"), std::string::npos);
  report = {.measurements = kWholeRun, .t = 1, .median_ns = 8000, .visible_ns = 1};
  EXPECT_NE(describe("f", report).find("no leak seen"), std::string::npos);
  report.visible_ns = 3;
  EXPECT_NE(describe("f", report).find("too noisy"), std::string::npos);
  report = {.measurements = 100, .t = 1, .median_ns = 1000, .visible_ns = 9};
  report.t_of_coins = 5;
  EXPECT_NE(describe("f", report).find("too noisy"), std::string::npos);
  report.t = -5;
  report.difference_ns = -0.5;
  EXPECT_NE(describe("f", report).find("too small to assign"), std::string::npos);
  report.difference_ns = -2;
  EXPECT_NE(describe("f", report).find("LEAKS"), std::string::npos);
}

}  // namespace
}  // namespace obscura::tests
