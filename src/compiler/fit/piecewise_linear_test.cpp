#include "compiler/fit/piecewise_linear.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "compiler/fit/activation_circuit.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/graph/verify.hpp"

namespace obscura::compiler::fit {
namespace {

using graph::Activation;
using graph::ActivationKind;
using graph::ValueId;

const double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Activation> kinked() {
  return {{ActivationKind::kRelu},
          {ActivationKind::kLeakyRelu, 0.0, 0.0, {0.1, -0.25}},
          {ActivationKind::kClip, -0.5, 2.0},
          {ActivationKind::kClip, -kInfinity, 1.0},
          {ActivationKind::kHardSigmoid, 0.2, 0.5},
          {ActivationKind::kHardSigmoid, -0.2, 0.5},
          {ActivationKind::kHardSwish}};
}

graph::Graph input_graph(const graph::Shape& shape) {
  graph::Graph graph;
  EXPECT_TRUE(graph::append(graph, graph::Input{shape}, {}, "x"));
  return graph;
}

TEST(PiecewiseLinear, FormsEqualTheActivations) {
  for (const Activation& activation : kinked()) {
    const auto form = piecewise_linear(activation);
    ASSERT_TRUE(form) << graph::activation_name(activation.kind);
    for (std::size_t channel = 0; channel < 2; ++channel) {
      for (double x = -6.0; x <= 6.0; x += 0.125) {
        EXPECT_NEAR(evaluate(*form, channel, x), graph::apply(activation, channel, x), 1e-14)
            << graph::activation_name(activation.kind) << " " << x;
      }
    }
  }
  EXPECT_FALSE(piecewise_linear(Activation{ActivationKind::kTanh}));
  EXPECT_FALSE(piecewise_linear(Activation{ActivationKind::kHardSigmoid}));
}

TEST(PiecewiseLinear, NodesStayWithinTheStatedError) {
  const auto sign = composite_sign(7.0);
  ASSERT_TRUE(sign);
  const std::vector<Interval> ranges{{-6.0, 4.0}, {-3.0, 6.0}};
  for (const Activation& activation : kinked()) {
    SCOPED_TRACE(graph::activation_name(activation.kind));
    const auto form = piecewise_linear(activation);
    graph::Graph graph = input_graph({{2, 9}});
    const auto result = append_piecewise_linear(graph, ValueId(0), *form, ranges, *sign, "act");
    ASSERT_TRUE(result) << result.error().message;
    graph.outputs = {*result};
    ASSERT_TRUE(graph::verify(graph));
    // From behind the Affine in front of the first sign.
    EXPECT_EQ(depth_between(graph, ValueId(2), *result), sign->depth + (form->times_x ? 2 : 1));
    std::vector<double> x;
    for (const Interval& range : ranges) {
      for (const double t : even_points(9)) x.push_back(range.centre() + t * range.half_width());
    }
    const auto actual = graph::interpret(graph, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      double allowed = 1e-12;
      for (const Kink& kink : form->kinks) {
        const double bend = std::abs(kink.bend[kink.bend.size() == 1 ? 0 : i / 9]);
        allowed += bend * 9.0 * std::max(sign->threshold, sign->error) * (1.0 + sign->error);
      }
      if (form->times_x) allowed *= 6.0;
      EXPECT_NEAR(actual[i], graph::apply(activation, i / 9, x[i]), allowed) << x[i];
    }
  }
}

TEST(PiecewiseLinear, MaximumOfTwoValues) {
  const auto sign = composite_sign(7.0);
  ASSERT_TRUE(sign);
  graph::Graph graph = input_graph({{2}});
  const auto other = graph::append(graph, graph::Affine{{-0.5}, {0.25}}, {ValueId(0)}, "other");
  const auto result = append_maximum(graph, ValueId(0), *other, 4.0, *sign, "max");
  ASSERT_TRUE(result);
  graph.outputs = {*result};
  for (const double x : {-2.0, -0.3, 0.1, 0.2, 1.7}) {
    const auto actual = graph::interpret(graph, std::vector<double>{x, -x});
    EXPECT_NEAR(actual[0], std::max(x, 0.25 - 0.5 * x), 0.5 * 4.0 * 1.01 * std::exp2(-7.0)) << x;
  }
}

}  // namespace
}  // namespace obscura::compiler::fit
