#include "compiler/fit/fit_channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "compiler/fit/product_form.hpp"

namespace obscura::compiler::fit {
namespace {

std::vector<double> normal_samples(std::size_t count, double mean, double sd) {
  std::mt19937_64 random(9);
  std::normal_distribution<double> normal(mean, sd);
  std::vector<double> samples(count);
  for (double& x : samples) x = normal(random);
  return samples;
}

Interval range_of(const std::vector<double>& samples) {
  const auto [low, high] = std::minmax_element(samples.begin(), samples.end());
  return widen(*low, *high, 0.1, 1e-3);
}

double relu(double x) {
  return std::max(x, 0.0);
}

TEST(FitChannel, RecoversPolynomialsOfItsDegree) {
  const auto samples = normal_samples(500, 0.3, 2.0);
  const Interval range = range_of(samples);
  for (std::size_t degree = 2; degree <= 15; ++degree) {
    const Function f = [degree](double x) { return 1.0 + x / 2.0 + std::pow(x / 4.0, static_cast<double>(degree)); };
    const ChannelFit fit = fit_channel(samples, range, f, degree, {.most_bits_lost = 60});
    // Rounding of values, amplified by the condition of the problem.
    double largest = 0.0;
    for (const double t : even_points(9))
      largest = std::max(largest, std::abs(f(range.centre() + t * range.half_width())));
    EXPECT_LT(fit.max_error, largest * fit.condition * 0x1p-48) << degree;
    EXPECT_LT(fit.condition, 1e3) << degree;
  }
}

TEST(FitChannel, StaysNearWellBeyondTheSamples) {
  const auto samples = normal_samples(2000, -0.5, 1.0);
  const auto [low, high] = std::minmax_element(samples.begin(), samples.end());
  for (const auto& [degree, beyond] : std::vector<std::pair<std::size_t, double>>{{15, 0.2}, {31, 0.4}, {63, 0.4}}) {
    const Interval range = widen(*low, *high, margin_of({}, degree), 1e-3);
    const ChannelFit fit = fit_channel(samples, range, relu, degree, {});
    for (const double x : {*low - beyond * (*high - *low), *high + beyond * (*high - *low)}) {
      const double value = evaluate_chebyshev(fit.series, range.to_unit(x));
      // An even share holds the whole range: off by no more than a tenth of what a uniform fit of degree 1 would be.
      EXPECT_NEAR(value, relu(x), 0.1 * 0.25 * range.half_width()) << degree;
    }
  }
}

TEST(FitChannel, HigherDegreesFitBetterAndEvenly) {
  const auto samples = normal_samples(2000, -0.5, 1.0);
  const Interval range = range_of(samples);
  double before = 1.0;
  for (const std::size_t degree : {2U, 4U, 7U, 15U}) {
    const ChannelFit fit = fit_channel(samples, range, relu, degree, {});
    EXPECT_LT(fit.rms_error, before) << degree;
    // Beyond the samples the fit stays within the room that plans leave: four times the largest value.
    EXPECT_LT(fit.max_error, 3.0 * range.high) << degree;
    before = fit.rms_error;
  }
  // The best uniform approximation of |t| by degree n is off by 0.28 / n (Bernstein); relu is half of it.
  EXPECT_LT(before, 0.14 / 15.0 * range.half_width());
}

TEST(FitChannel, LineGetsACurvatureThatItsFormCanDoWith) {
  const auto samples = normal_samples(1000, 10.0, 1.0);
  const Interval range = range_of(samples);
  for (const std::size_t degree : {2U, 4U}) {
    const ChannelFit fit = fit_channel(samples, range, relu, degree, {.most_bits_lost = 8});
    EXPECT_LE(fit.bits_lost, 8.0);
    EXPECT_GT(fit.bits_lost, 4.0) << "more curvature than needed";
    // A square that loses b bits bends a line by at most about 2^(1-b) of its half range.
    EXPECT_LT(fit.max_error, range.half_width() * std::exp2(2.0 - 8.0)) << degree;
  }
  EXPECT_LT(fit_channel(samples, range, relu, 4, {}).max_error, 1e-3 * range.half_width());
}

TEST(FitChannel, ConstantChannelsHaveARange) {
  const std::vector<double> samples(100, -2.0);
  const Interval range = widen(-2.0, -2.0, 0.1, 0.25);
  EXPECT_DOUBLE_EQ(range.low, -2.25);
  EXPECT_DOUBLE_EQ(range.high, -1.75);
  const ChannelFit off = fit_channel(samples, range, relu, 2, {});
  EXPECT_EQ(off.max_error, 0.0);
  EXPECT_EQ(off.bits_lost, 0.0);
  const ChannelFit curved = fit_channel(samples, range, [](double x) { return x * x; }, 2, {});
  EXPECT_LT(curved.max_error, 1e-13);
}

TEST(FitChannel, OneSampleAndNoneAreEnough) {
  const std::vector<double> one{0.5};
  const ChannelFit fit = fit_channel(one, {-1.0, 1.0}, relu, 4, {});
  EXPECT_LT(fit.max_error, 0.2);
  const ChannelFit none = fit_channel({}, {-1.0, 1.0}, relu, 4, {});
  EXPECT_LT(none.max_error, 0.2);
  EXPECT_EQ(none.rms_error, 0.0);
}

TEST(FitChannel, RangeIsWidenedAtBothEnds) {
  const Interval range = widen(-1.0, 3.0, 0.1, 1e-3);
  EXPECT_DOUBLE_EQ(range.low, -1.4);
  EXPECT_DOUBLE_EQ(range.high, 3.4);
}

}  // namespace
}  // namespace obscura::compiler::fit
