#include "compiler/passes/match_activations.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "compiler/graph/print.hpp"
#include "compiler/passes/graph_maker.hpp"
#include "compiler/passes/match_polynomials.hpp"
#include "compiler/passes/remove_unused.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Activation;
using graph::ActivationKind;
using graph::Add;
using graph::Affine;
using graph::Multiply;
using graph::ValueId;

// Roundings of values below 4 in another order.
constexpr double kTerms = 64.0;

using Build = std::function<ValueId(GraphMaker&, ValueId)>;

// What an activation of a dense layer's result becomes, without the layer's two lines.
std::string matched(const Build& build, double terms = kTerms) {
  GraphMaker make(11);
  make.graph.outputs = {build(make, make.dense(make.input({3}), 3, "fc"))};
  auto graph = run_checked(match_polynomials, make.graph, terms);
  graph = run_checked(remove_unused, run_checked(match_activations, graph, terms), terms);
  const std::string text = graph::print(graph);
  return text.substr(text.find("%2 = "));
}

ValueId scaled(GraphMaker& make, ValueId x, double scale, double shift = 0.0) {
  return make.add(Affine{{scale}, {shift}}, {x}, "line");
}

ValueId activation(GraphMaker& make, ValueId x, Activation op) {
  return make.add(std::move(op), {x}, "inner");
}

ValueId product(GraphMaker& make, ValueId x, ValueId y) {
  return make.add(Multiply{}, {x, y}, "act");
}

TEST(MatchActivations, SiluInEitherOrder) {
  const std::string expected = "%2 = silu(%1) 'act' : [3]\noutput %2\n";
  EXPECT_EQ(matched([](GraphMaker& make, ValueId x) {
              return product(make, x, activation(make, x, {ActivationKind::kSigmoid}));
            }),
            expected);
  EXPECT_EQ(matched([](GraphMaker& make, ValueId x) {
              return product(make, activation(make, x, {ActivationKind::kSigmoid}), x);
            }),
            expected);
}

TEST(MatchActivations, HardSwishInAllForms) {
  const std::string expected = "%2 = hard_swish(%1) 'act' : [3]\noutput %2\n";
  const Activation clip{ActivationKind::kClip, 0.0, 6.0};
  EXPECT_EQ(matched([](GraphMaker& make, ValueId x) {
              return product(make, x, activation(make, x, {ActivationKind::kHardSigmoid, 1.0 / 6.0, 0.5}));
            }),
            expected);
  EXPECT_EQ(matched([&](GraphMaker& make, ValueId x) {
              const ValueId gate = activation(make, scaled(make, x, 1.0, 3.0), clip);
              return scaled(make, product(make, x, gate), 1.0 / 6.0);
            }),
            expected);
  EXPECT_EQ(matched([&](GraphMaker& make, ValueId x) {
              const ValueId gate = scaled(make, activation(make, scaled(make, x, 1.0, 3.0), clip), 1.0 / 6.0);
              return product(make, gate, x);
            }),
            expected);
}

TEST(MatchActivations, GeluByErf) {
  const std::string expected = "%2 = gelu(%1) 'act' : [3]\noutput %2\n";
  const auto one_plus_erf = [](GraphMaker& make, ValueId x) {
    const ValueId erf = activation(make, scaled(make, x, 1.0 / std::numbers::sqrt2), {ActivationKind::kErf});
    return scaled(make, erf, 1.0, 1.0);
  };
  EXPECT_EQ(
      matched([&](GraphMaker& make, ValueId x) { return scaled(make, product(make, x, one_plus_erf(make, x)), 0.5); }),
      expected);
  EXPECT_EQ(
      matched([&](GraphMaker& make, ValueId x) { return product(make, scaled(make, x, 0.5), one_plus_erf(make, x)); }),
      expected);
  EXPECT_EQ(
      matched([&](GraphMaker& make, ValueId x) { return product(make, x, scaled(make, one_plus_erf(make, x), 0.5)); }),
      expected);
}

TEST(MatchActivations, GeluByTanh) {
  const std::string expected = "%2 = gelu_tanh(%1) 'act' : [3]\noutput %2\n";
  const double slope = std::sqrt(2.0 * std::numbers::inv_pi);
  const auto gelu = [](GraphMaker& make, ValueId x, ValueId argument) {
    const ValueId tanh = activation(make, argument, {ActivationKind::kTanh});
    return product(make, scaled(make, x, 0.5), scaled(make, tanh, 1.0, 1.0));
  };
  EXPECT_EQ(matched([&](GraphMaker& make, ValueId x) {
              const ValueId cube = make.add(graph::Polynomial{{{0}, {0}, {0}, {1}}}, {x}, "cube");
              const ValueId sum = make.add(Add{}, {x, scaled(make, cube, 0.044715)}, "sum");
              return gelu(make, x, scaled(make, sum, slope));
            }),
            expected);
  EXPECT_EQ(matched([&](GraphMaker& make, ValueId x) {
              const ValueId square = make.add(Multiply{}, {x, x}, "sq");
              const ValueId rest = scaled(make, square, 0.044715, 1.0);
              return gelu(make, x, make.add(Multiply{}, {scaled(make, x, slope), rest}, "cubic"));
            }),
            expected);
}

// Constants in 32-bit floats are off by up to 2^-24 of themselves, and so is the result.
TEST(MatchActivations, ConstantsOfModelsAreFloats) {
  constexpr double kFloatTerms = 8 * 0x1p28;
  EXPECT_EQ(matched(
                [](GraphMaker& make, ValueId x) {
                  const double half = 1.0 / static_cast<double>(std::numbers::sqrt2_v<float>);
                  const ValueId erf = activation(make, scaled(make, x, half), {ActivationKind::kErf});
                  return scaled(make, product(make, x, scaled(make, erf, 1.0, 1.0)), 0.5);
                },
                kFloatTerms),
            "%2 = gelu(%1) 'act' : [3]\noutput %2\n");
  EXPECT_EQ(matched(
                [](GraphMaker& make, ValueId x) {
                  const double sixth = static_cast<double>(1.0F / 6.0F);
                  return product(make, x, activation(make, x, {ActivationKind::kHardSigmoid, sixth, 0.5}));
                },
                kFloatTerms),
            "%2 = hard_swish(%1) 'act' : [3]\noutput %2\n");
}

// A factor that is not the activation's own stays behind it.
TEST(MatchActivations, OtherFactorsStay) {
  EXPECT_EQ(matched([](GraphMaker& make, ValueId x) {
              return scaled(make, product(make, x, activation(make, x, {ActivationKind::kSigmoid})), 3.0);
            }),
            "%2 = silu(%1) 'act' : [3]\n%3 = affine(%2) 'line' scale scalar, shift scalar : [3]\noutput %3\n");
}

TEST(MatchActivations, LeavesGatesOfOtherValuesAlone) {
  GraphMaker make(3);
  const ValueId x = make.input({3});
  const ValueId y = make.dense(x, 3, "fc");
  make.graph.outputs = {
      product(make, x, activation(make, y, {ActivationKind::kSigmoid})),
      product(make, x, activation(make, x, {ActivationKind::kHardSigmoid, 0.2, 0.5})),
      product(make, x, activation(make, scaled(make, x, 1.0, 3.0), {ActivationKind::kClip, 0.0, 5.0})),
      product(make, x, activation(make, scaled(make, x, 1.702), {ActivationKind::kSigmoid})),
      product(make, x, scaled(make, activation(make, x, {ActivationKind::kErf}), 1.0, 1.0))};
  EXPECT_EQ(graph::print(run_checked(match_activations, make.graph, kTerms)), graph::print(make.graph));
}

}  // namespace
}  // namespace obscura::compiler::passes
