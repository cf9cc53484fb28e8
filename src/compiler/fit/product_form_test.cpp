#include "compiler/fit/product_form.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace obscura::compiler::fit {
namespace {

Series random_series(std::size_t degree, std::mt19937_64& random) {
  Series result(degree + 1);
  for (double& c : result) c = std::uniform_real_distribution<double>(-1.0, 1.0)(random);
  return result;
}

// The form may lose bits_lost bits of a double's 53; a few operations stand between.
template <class Form>
void expect_same_values(const Form& form, const Series& series) {
  const double tolerance = half_range(series) * std::exp2(form.bits_lost - 52.0 + 6.0) + std::abs(series[0]) * 0x1p-50;
  for (const double t : even_points(41)) {
    ASSERT_NEAR(evaluate(form, t), evaluate_chebyshev(series, t), tolerance) << t;
  }
}

TEST(ProductForm, SquareIsTheCompletedOne) {
  // 1/2 + t + T_2(t)/2 = t^2 + t = (t + 1/2)^2 - 1/4.
  const SquareForm form = square_form(Series{0.5, 1.0, 0.5});
  EXPECT_DOUBLE_EQ(form.alpha, 1.0 / 1.5);
  EXPECT_DOUBLE_EQ(form.beta, 0.5 / 1.5);
  EXPECT_DOUBLE_EQ(form.scale, 2.25);
  EXPECT_DOUBLE_EQ(form.shift, -0.25);
}

TEST(ProductForm, RandomPolynomialsKeepTheirValues) {
  std::mt19937_64 random(11);
  for (int trial = 0; trial < 200; ++trial) {
    const Series two = random_series(2, random);
    expect_same_values(square_form(two), two);
    const Series four = random_series(4, random);
    const QuarticForm form = quartic_form(four);
    ASSERT_TRUE(std::isfinite(form.bits_lost)) << trial;
    expect_same_values(form, four);
  }
}

TEST(ProductForm, SquareStaysWithinOne) {
  std::mt19937_64 random(12);
  for (int trial = 0; trial < 100; ++trial) {
    const SquareForm form = square_form(random_series(2, random));
    EXPECT_LE(std::abs(form.alpha) + std::abs(form.beta), 1.0 + 1e-15);
  }
}

TEST(ProductForm, QuarticOfAlmostALineLosesFewBits) {
  // Theory: with a leading coefficient c the best scale is about 2 c^(-1/3), and that is what is lost.
  for (const double leading : {1e-3, 1e-5, 1e-7}) {
    const Series series{0.0, 1.0, 0.0, 0.0, leading};
    const QuarticForm form = quartic_form(series);
    EXPECT_LT(form.bits_lost, 5.0 - std::log2(leading) / 3.0) << leading;
    expect_same_values(form, series);
  }
}

TEST(ProductForm, ConstantsHaveScaleZero) {
  EXPECT_EQ(square_form(Series{0.3, 0.0, 0.0}).scale, 0.0);
  EXPECT_EQ(quartic_form(Series{0.3, 0.0, 0.0, 0.0, 0.0}).scale, 0.0);
  EXPECT_EQ(evaluate(quartic_form(Series{0.3, 0.0, 0.0, 0.0, 0.0}), 0.7), 0.3);
  EXPECT_EQ(square_form(Series{0.0, 0.0, 0.0}).bits_lost, 0.0);
}

TEST(ProductForm, LineHasNoForm) {
  EXPECT_TRUE(std::isinf(square_form(Series{0.0, 1.0, 0.0}).bits_lost));
  EXPECT_TRUE(std::isinf(quartic_form(Series{0.0, 1.0, 0.0, 0.0, 0.0}).bits_lost));
}

}  // namespace
}  // namespace obscura::compiler::fit
