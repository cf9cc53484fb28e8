#include "fhe/params/scale.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fhe/params/param_set.hpp"

namespace obscura::fhe::params {
namespace {

ParamSet small_params() {
  auto params = ParamSet::create_insecure({{5, {30, 25, 25, 40}, {50}, Security::k128}});
  EXPECT_TRUE(params.has_value());
  return std::move(*params);
}

TEST(Scale, MultipliesAndDividesExactly) {
  const Scale a = Scale::power_of_two(40).times_prime(PrimeIndex(3)).divided_by_prime(PrimeIndex(1));
  const Scale b = Scale::power_of_two(-3).times_prime(PrimeIndex(1));
  EXPECT_EQ(a.exponent_of_two(), 40);
  EXPECT_EQ(a.prime_exponents(), (std::vector<std::int64_t>{0, -1, 0, 1}));
  EXPECT_EQ((a * b).exponent_of_two(), 37);
  EXPECT_EQ((a * b).prime_exponents(), (std::vector<std::int64_t>{0, 0, 0, 1}));
  EXPECT_EQ(a * b, b * a);
  EXPECT_EQ(a * b / b, a);
  EXPECT_EQ(a / a, Scale::power_of_two(0));
  EXPECT_NE(a, b);
}

TEST(Scale, SquaringAndRescalingGivesTheChainOfScales) {
  const ParamSet params = small_params();
  Scale scale = Scale::power_of_two(25);
  for (int level = 3; level >= 1; --level) scale = (scale * scale).divided_by_prime(PrimeIndex(level));
  const double q1 = static_cast<double>(params.q()[1].value());
  const double q2 = static_cast<double>(params.q()[2].value());
  const double q3 = static_cast<double>(params.q()[3].value());
  const double expected = 200 - 4 * std::log2(q3) - 2 * std::log2(q2) - std::log2(q1);
  EXPECT_NEAR(scale.log2(params), expected, 1e-9);
  EXPECT_NEAR(std::log2(scale.value(params)), expected, 1e-9);
}

TEST(Scale, ValueIsAccurateForHugeExponents) {
  const ParamSet params = small_params();
  Scale up = Scale::power_of_two(0);
  for (int i = 0; i < 1000; ++i) up = up.times_prime(PrimeIndex(1)).divided_by_prime(PrimeIndex(2));
  // (q1 / q2)^1000 by the logarithm of a quotient near 1, which log1p gives to full precision.
  const auto q1 = static_cast<long double>(params.q()[1].value());
  const auto q2 = static_cast<long double>(params.q()[2].value());
  const long double expected = std::exp(1000.0L * std::log1p((q1 - q2) / q2));
  EXPECT_NEAR(up.value(params) / static_cast<double>(expected), 1.0, std::ldexp(1.0, -48));
  EXPECT_EQ((Scale::power_of_two(50).times_prime(PrimeIndex(0))).value(params),
            std::ldexp(static_cast<double>(params.q()[0].value()), 50));
}

TEST(Scale, ValueSaturatesOutsideTheRangeOfDoubles) {
  const ParamSet params = small_params();
  EXPECT_EQ(Scale::power_of_two(4096).value(params), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Scale::power_of_two(-4096).value(params), 0.0);
  EXPECT_EQ(Scale::power_of_two(-4096).log2(params), -4096.0);
}

TEST(Scale, FromExponentsRoundTripsAndTrims) {
  const Scale scale = Scale::power_of_two(-7).times_prime(PrimeIndex(2)).times_prime(PrimeIndex(2));
  const auto again = Scale::from_exponents(scale.exponent_of_two(), {0, 0, 2, 0, 0});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, scale);
}

TEST(Scale, FromExponentsRefusesWhatIsOutOfRange) {
  for (const auto& bad :
       {Scale::from_exponents(4097, {}), Scale::from_exponents(-4097, {}), Scale::from_exponents(0, {0, -4097}),
        Scale::from_exponents(0, {4097}), Scale::from_exponents(std::numeric_limits<std::int64_t>::min(), {}),
        Scale::from_exponents(0, std::vector<std::int64_t>(65, 1))}) {
    ASSERT_FALSE(bad.has_value());
    EXPECT_EQ(bad.error().code, base::ErrorCode::kCorrupt);
    EXPECT_FALSE(bad.error().hint.empty());
  }
  EXPECT_TRUE(Scale::from_exponents(4096, std::vector<std::int64_t>(64, -4096)).has_value());
}

TEST(ScaleDeathTest, OperatorsCheckTheRange) {
  const Scale big = Scale::power_of_two(4096);
  EXPECT_DEATH(static_cast<void>(big * Scale::power_of_two(1)), "exponent of a scale");
  EXPECT_DEATH(static_cast<void>(Scale::power_of_two(-4096) / Scale::power_of_two(1)), "exponent of a scale");
  EXPECT_DEATH(static_cast<void>(Scale::power_of_two(4097)), "exponent of a scale");
  EXPECT_DEATH(static_cast<void>(big.times_prime(PrimeIndex(64))), "outside the chain");
}

}  // namespace
}  // namespace obscura::fhe::params
