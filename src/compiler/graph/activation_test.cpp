#include "compiler/graph/activation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace obscura::compiler::graph {
namespace {

using enum ActivationKind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double at(const Activation& activation, double x) {
  return apply(activation, 0, x);
}

// From the definitions, by another language's mathematical library.
TEST(Activation, KnownValues) {
  struct Case {
    Activation activation;
    double at_minus_two;
    double at_three_quarters;
  };
  const Case cases[] = {
      {{kRelu}, 0.0, 0.75},
      {{kLeakyRelu, 0, 0, {0.1}}, -0.2, 0.75},
      {{kElu, 2.0}, -1.7293294335267746, 0.75},
      {{kSelu, 2.0, 3.0}, -5.187988300580324, 2.25},
      {{kCelu, 2.0}, -1.2642411176571153, 0.75},
      {{kSigmoid}, 0.11920292202211755, 0.679178699175393},
      {{kTanh}, -0.9640275800758169, 0.6351489523872873},
      {{kHardSigmoid, 0.5, 0.6}, 0.0, 0.975},
      {{kHardSwish}, -1.0 / 3.0, 0.46875},
      {{kSilu}, -0.2384058440442351, 0.5093840243815447},
      {{kGelu}, -0.04550026389635839, 0.5800294857173488},
      {{kGeluTanh}, -0.04540230591222494, 0.5799605551656203},
      {{kErf}, -0.9953222650189527, 0.7111556336535151},
      {{kSoftplus}, 0.1269280110429725, 1.1368710061148998},
      {{kSoftsign}, -2.0 / 3.0, 3.0 / 7.0},
      {{kClip, -1.0, 0.5}, -1.0, 0.5},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(activation_name(one.activation.kind));
    // A few roundings of intermediate results below 8.
    EXPECT_NEAR(at(one.activation, -2.0), one.at_minus_two, 8 * 0x1p-50);
    EXPECT_NEAR(at(one.activation, 0.75), one.at_three_quarters, 8 * 0x1p-50);
  }
}

TEST(Activation, StaysFiniteFarOut) {
  for (const auto kind : {kSigmoid, kTanh, kSilu, kGelu, kGeluTanh, kErf, kSoftplus, kSoftsign}) {
    SCOPED_TRACE(activation_name(kind));
    EXPECT_TRUE(std::isfinite(at({kind}, 1e5)));
    EXPECT_TRUE(std::isfinite(at({kind}, -1e5)));
  }
  EXPECT_EQ(at({kSoftplus}, 1e5), 1e5);
  EXPECT_EQ(at({kSilu}, 1e5), 1e5);
  EXPECT_EQ(at({kGelu}, -1e5), 0.0);
  EXPECT_EQ(at({kElu, 1.5}, -1e5), -1.5);
}

TEST(Activation, SlopesPerChannelAndOpenBounds) {
  const Activation prelu{kLeakyRelu, 0, 0, {0.5, 0.25}};
  EXPECT_EQ(apply(prelu, 0, -4.0), -2.0);
  EXPECT_EQ(apply(prelu, 1, -4.0), -1.0);
  EXPECT_EQ(apply(prelu, 1, 4.0), 4.0);
  EXPECT_EQ(at({kClip, -kInfinity, 6.0}, -1e300), -1e300);
  EXPECT_EQ(at({kClip, 0.0, kInfinity}, 1e300), 1e300);
}

// Sums and products that hold for every x.
TEST(Activation, Laws) {
  for (double x = -6.0; x <= 6.0; x += 0.37) {
    EXPECT_NEAR(at({kSigmoid}, x) + at({kSigmoid}, -x), 1.0, 0x1p-52);
    EXPECT_NEAR(at({kSoftplus}, x) - at({kSoftplus}, -x), x, 16 * 0x1p-52);
    EXPECT_NEAR(at({kGelu}, x) - at({kGelu}, -x), x, 16 * 0x1p-52);
    EXPECT_NEAR(at({kHardSwish}, x), x * at({kHardSigmoid, 1.0 / 6.0, 0.5}, x), 16 * 0x1p-52);
    EXPECT_EQ(at({kSilu}, x), x * at({kSigmoid}, x));
    // The tanh form is published as an approximation of the other to about 5e-4.
    EXPECT_NEAR(at({kGelu}, x), at({kGeluTanh}, x), 5e-4);
  }
}

}  // namespace
}  // namespace obscura::compiler::graph
