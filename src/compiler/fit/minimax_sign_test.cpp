#include "compiler/fit/minimax_sign.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace obscura::compiler::fit {
namespace {

TEST(MinimaxSign, DegreeOneHasAClosedForm) {
  // c x with 1 - c a = c - 1: c = 2 / (1 + a), error (1 - a) / (1 + a).
  const OddMinimax line = approximate_sign(0.25, 1);
  EXPECT_NEAR(line.series[1], 1.6, 1e-9);
  EXPECT_NEAR(line.error, 0.6, 1e-9);
}

TEST(MinimaxSign, CubicAlternatesAtTheKnownPoints) {
  // p = c1 x + c3 x^3 with equal errors at a, at the maximum between and at 1. For a = 1/2: eliminate c1 by
  // p(a) = p(1): c1 = -7/4 c3 (with c3 < 0), maximum at x = sqrt(7/12).
  const OddMinimax cubic = approximate_sign(0.5, 3);
  const double shape = 7.0 / 4.0;  // p = s (7/4 x - x^3)
  const double at_end = shape - 1.0;
  const double peak = std::sqrt(shape / 3.0);
  const double at_peak = shape * peak - peak * peak * peak;
  const double s = 2.0 / (at_end + at_peak);
  EXPECT_NEAR(cubic.error, 1.0 - s * at_end, 1e-8);
  EXPECT_NEAR(evaluate_chebyshev(cubic.series, peak), 1.0 + cubic.error, 1e-8);
}

TEST(MinimaxSign, ErrorAlternatesAndIsOdd) {
  for (const double low : {0.5, 0.05, 0.002}) {
    for (const std::size_t degree : {5U, 7U, 15U, 31U}) {
      const OddMinimax sign = approximate_sign(low, degree);
      int alternations = 0;
      double before = 0.0;
      double largest = 0.0;
      for (int i = 0; i <= 20000; ++i) {
        const double error = evaluate_chebyshev(sign.series, low * std::pow(low, -i / 20000.0)) - 1.0;
        largest = std::max(largest, std::abs(error));
        // Where the error comes within 1 % of its largest, with the other sign than before.
        if (std::abs(error) > 0.99 * sign.error && error * before <= 0.0) {
          ++alternations;
          before = error;
        }
      }
      if (sign.error < 1e-12) continue;  // below rounding there is nothing to see
      EXPECT_NEAR(largest, sign.error, 1e-4 * sign.error + 1e-13) << low << " " << degree;
      EXPECT_EQ(alternations, static_cast<int>(degree + 3) / 2) << low << " " << degree << " " << sign.error;
      EXPECT_EQ(evaluate_chebyshev(sign.series, -0.3), -evaluate_chebyshev(sign.series, 0.3));
    }
  }
}

TEST(MinimaxSign, CompositionKeepsItsPromise) {
  int before = 0;
  for (const double bits : {2.0, 5.0, 8.0, 12.0}) {
    const auto sign = composite_sign(bits);
    ASSERT_TRUE(sign);
    EXPECT_GT(sign->depth, before);
    before = sign->depth;
    EXPECT_LE(sign->error, std::exp2(-bits));
    EXPECT_EQ(sign->threshold, std::exp2(-bits));
    for (int i = 0; i <= 5000; ++i) {
      const double x = sign->threshold * std::pow(sign->threshold, -i / 5000.0);
      EXPECT_NEAR(evaluate(*sign, x), 1.0, sign->error + 1e-12) << bits;
      EXPECT_NEAR(evaluate(*sign, -x), -1.0, sign->error + 1e-12) << bits;
      EXPECT_LE(std::abs(evaluate(*sign, x * sign->threshold)), 1.0 + sign->error + 1e-12);
    }
  }
}

TEST(MinimaxSign, RefusesPrecisionsOutOfRange) {
  EXPECT_EQ(composite_sign(0.0).error().code, base::ErrorCode::kUsage);
  EXPECT_EQ(composite_sign(25.0).error().code, base::ErrorCode::kUsage);
}

}  // namespace
}  // namespace obscura::compiler::fit
