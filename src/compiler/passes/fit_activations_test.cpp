#include "compiler/passes/fit_activations.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "compiler/fit/activation_circuit.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Activation;
using graph::ActivationKind;
using graph::ValueId;
using Inputs = std::vector<std::vector<double>>;

Inputs inputs_for(const graph::Graph& graph, std::size_t count) {
  GraphMaker random(31);
  Inputs inputs;
  for (std::size_t i = 0; i < count; ++i) {
    inputs.push_back(random.reals(graph::element_count(graph.nodes[0].shape)));
  }
  return inputs;
}

// conv, activation, conv, activation, dense with 5 scores.
graph::Graph small_network(ActivationKind kind) {
  GraphMaker make(21);
  ValueId x = make.input({2, 6, 6});
  x = make.add(Activation{kind}, {make.conv(x, 3, 3, "conv1")}, "act1");
  x = make.add(Activation{kind}, {make.conv(x, 4, 3, "conv2")}, "act2");
  make.graph.outputs = {make.dense(make.flatten(x, "flat"), 5, "fc")};
  return make.graph;
}

bool has_activation(const graph::Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const graph::Node& node) { return std::holds_alternative<Activation>(node.op); });
}

TEST(FitActivations, ReplacesActivationsByPolynomialsThatKeepTheLabels) {
  const graph::Graph graph = small_network(ActivationKind::kSilu);
  const Inputs inputs = inputs_for(graph, 150);
  FitOptions options;
  options.most_flips = 0.01;
  const auto fitted = fit_network(graph, inputs, options);
  ASSERT_TRUE(fitted) << fitted.error().message;
  EXPECT_TRUE(graph::verify(fitted->graph));
  EXPECT_FALSE(has_activation(fitted->graph));
  ASSERT_EQ(fitted->activations.size(), 2U);
  EXPECT_EQ(fitted->activations[1].name, "act2");
  EXPECT_EQ(fitted->activations[0].ranges.size(), 3U);
  EXPECT_EQ(fitted->measured_inputs, 150U);
  EXPECT_TRUE(fitted->goal_met);
  EXPECT_LE(fitted->flip_share, 0.01 + 0.5 / 150);  // the count is rounded
  EXPECT_LE(fitted->flip_estimate, 0.01);
  EXPECT_GT(fitted->score_error, 0.0);
}

TEST(FitActivations, HigherDegreesAreCloser) {
  const graph::Graph graph = small_network(ActivationKind::kSilu);
  const Inputs inputs = inputs_for(graph, 90);
  double before = std::numeric_limits<double>::infinity();
  for (const std::size_t degree : {2U, 4U, 7U}) {
    FitOptions options;
    options.degrees = {degree};
    const auto fitted = fit_network(graph, inputs, options);
    ASSERT_TRUE(fitted);
    EXPECT_EQ(fitted->activations[0].degree, degree);
    EXPECT_LT(fitted->score_error, before);
    before = fitted->score_error;
  }
}

// A network that is a single score is held to its error, and only the activation that matters is raised.
TEST(FitActivations, RaisesWhatHelps) {
  GraphMaker make(22);
  const ValueId x = make.input({4});
  const ValueId weak =
      make.add(graph::Affine{{1e-4}, {0.0}}, {make.add(Activation{ActivationKind::kTanh}, {x}, "weak")}, "tenth");
  const ValueId strong =
      make.add(Activation{ActivationKind::kTanh}, {make.add(graph::Affine{{3.0}, {0.0}}, {x}, "three")}, "strong");
  make.graph.outputs = {make.dense(make.add(graph::Add{}, {weak, strong}, "sum"), 1, "fc")};
  const Inputs inputs = inputs_for(make.graph, 300);
  const auto fitted = fit_network(make.graph, inputs, {});
  ASSERT_TRUE(fitted);
  EXPECT_TRUE(fitted->goal_met);
  EXPECT_LE(fitted->score_error, 0.01);
  EXPECT_EQ(fitted->activations[0].degree, 2U);
  EXPECT_GT(fitted->activations[1].degree, 4U);
  FitOptions low;
  low.max_degree = 2;
  const auto missed = fit_network(make.graph, inputs, low);
  ASSERT_TRUE(missed);
  EXPECT_FALSE(missed->goal_met);
}

// With few inputs some of those held back leave the fitted ranges, where polynomials are far off: that must not hide
// what higher degrees do for the others.
TEST(FitActivations, AGoalOutOfReachGivesTheBestOnTheWay) {
  GraphMaker make(26);
  ValueId x = make.input({12});
  for (const char* name : {"1", "2", "3", "4"}) {
    x = make.add(Activation{ActivationKind::kRelu}, {make.dense(x, 12, std::string("fc") + name)}, name);
  }
  make.graph.outputs = {make.dense(x, 10, "fc")};
  const Inputs inputs = inputs_for(make.graph, 45);
  FitOptions options;
  options.most_flips = -1.0;
  const auto chosen = fit_network(make.graph, inputs, options);
  ASSERT_TRUE(chosen);
  EXPECT_FALSE(chosen->goal_met);
  options.degrees = {15};
  const auto highest = fit_network(make.graph, inputs, options);
  ASSERT_TRUE(highest);
  EXPECT_LE(chosen->flip_estimate, highest->flip_estimate);
  // Where more labels may change, fewer levels do.
  options = {};
  options.most_flips = 0.05;
  options.degrees = {2, 4, 7, 15};
  const auto cheaper = fit_network(make.graph, inputs, options);
  ASSERT_TRUE(cheaper);
  EXPECT_FALSE(cheaper->goal_met);
  EXPECT_LE(cheaper->flip_estimate, chosen->flip_estimate + 0.05);
  std::size_t less = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LE(cheaper->activations[i].degree, chosen->activations[i].degree);
    less += chosen->activations[i].degree - cheaper->activations[i].degree;
  }
  EXPECT_GT(less, 0U);
}

TEST(FitActivations, PolynomialsOfTheModelStayExact) {
  GraphMaker make(23);
  const ValueId x = make.input({3, 2, 2});
  const ValueId cubic = make.add(graph::Polynomial{{{0.1, 0.2, 0.3}, {1.0}, {0.5}, make.reals(12)}}, {x}, "cubic");
  const ValueId quartic = make.add(graph::Polynomial{{{0.0}, {1.0}, {0.5}, {0.2}, {0.1}}}, {cubic}, "quartic");
  make.graph.outputs = {quartic};
  const Inputs inputs = inputs_for(make.graph, 20);
  const auto fitted = fit_network(make.graph, inputs, {});
  ASSERT_TRUE(fitted) << fitted.error().message;
  EXPECT_EQ(fitted->activations[0].degree, 3U);
  EXPECT_EQ(fitted->activations[0].ranges.size(), 12U);
  EXPECT_EQ(fitted->activations[1].degree, 4U);
  for (const auto& input : inputs) {
    const auto expected = graph::interpret(make.graph, input);
    const auto actual = graph::interpret(fitted->graph, input);
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-9);
  }
}

TEST(FitActivations, SlopesPerChannelAndConstantChannels) {
  GraphMaker make(24);
  const ValueId x = make.input({3});
  // The second channel is always 0.5: nothing of it varies.
  const ValueId y = make.add(graph::Affine{{1.0, 0.0, 1.0}, {0.0, 0.5, 0.0}}, {x}, "fixed");
  const Activation leaky{ActivationKind::kLeakyRelu, 0.0, 0.0, {0.5, 0.5, 1.0}};
  make.graph.outputs = {make.add(leaky, {y}, "prelu")};
  FitOptions options;
  options.degrees = {4};
  const auto fitted = fit_network(make.graph, inputs_for(make.graph, 60), options);
  ASSERT_TRUE(fitted);
  const auto actual = graph::interpret(fitted->graph, std::vector<double>{0.6, -0.9, -0.7});
  EXPECT_NEAR(actual[0], 0.6, 0.05);
  EXPECT_NEAR(actual[1], 0.5, 1e-3);
  EXPECT_NEAR(actual[2], -0.7, 0.01);  // a line
}

TEST(FitActivations, OneInputIsEnoughForAResult) {
  const graph::Graph graph = small_network(ActivationKind::kRelu);
  const auto fitted = fit_network(graph, inputs_for(graph, 1), {});
  ASSERT_TRUE(fitted) << fitted.error().message;
  EXPECT_EQ(fitted->measured_inputs, 1U);
  EXPECT_FALSE(has_activation(fitted->graph));
}

TEST(FitActivations, LooksThroughSoftmax) {
  graph::Graph graph = small_network(ActivationKind::kTanh);
  const auto soft = graph::append(graph, graph::Softmax{0}, {graph.outputs[0]}, "softmax");
  const auto label = graph::append(graph, graph::ArgMax{0}, {*soft}, "label");
  ASSERT_TRUE(label);
  const Inputs inputs = inputs_for(graph, 60);
  const auto plain = fit_network(small_network(ActivationKind::kTanh), inputs, {});
  graph.outputs = {*label};
  const auto final = fit_network(graph, inputs, {});
  ASSERT_TRUE(plain && final);
  EXPECT_EQ(final->score_error, plain->score_error);
  EXPECT_EQ(final->activations[1].degree, plain->activations[1].degree);
}

TEST(FitActivations, LeavesNetworksWithoutActivationsAlone) {
  GraphMaker make(25);
  make.graph.outputs = {make.add(graph::Square{}, {make.dense(make.input({4}), 4, "fc")}, "square")};
  Notes notes;
  const auto result = fit_activations(make.graph, {}, notes);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->nodes.size(), 3U);
  EXPECT_TRUE(notes.empty());
}

TEST(FitActivations, RefusesUnusableInputs) {
  const graph::Graph graph = small_network(ActivationKind::kRelu);
  EXPECT_EQ(fit_network(graph, {}, {}).error().message,
            "activation 'act1' has to be fitted, but there are no calibration inputs");
  Inputs inputs = inputs_for(graph, 3);
  inputs[1][5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(fit_network(graph, inputs, {}).error().message,
            "calibration input 1 has 72 values, not all finite, the network reads 72");
  inputs[1].pop_back();
  EXPECT_EQ(fit_network(graph, inputs, {}).error().code, base::ErrorCode::kMismatch);
  FitOptions none;
  none.max_degree = 1;
  EXPECT_EQ(fit_network(graph, inputs_for(graph, 3), none).error().code, base::ErrorCode::kUsage);
  FitOptions crossed;
  crossed.min_degree = 7;
  crossed.max_degree = 4;
  EXPECT_EQ(fit_network(graph, inputs_for(graph, 3), crossed).error().message, "no allowed degree is in 7..4");
}

TEST(FitActivations, StartsAtTheLowestDegreeAllowed) {
  const graph::Graph graph = small_network(ActivationKind::kRelu);
  FitOptions options;
  options.most_flips = 1.0;  // whatever it starts with is good enough
  options.min_degree = 5;
  const auto fitted = fit_network(graph, inputs_for(graph, 30), options);
  ASSERT_TRUE(fitted);
  for (const FittedActivation& activation : fitted->activations) EXPECT_EQ(activation.degree, 7U);
}

TEST(FitActivations, NotesSayWhatWasDone) {
  const graph::Graph graph = small_network(ActivationKind::kRelu);
  const Inputs inputs = inputs_for(graph, 30);
  PassContext context{inputs, {}};
  context.fit.degrees = {4};
  Notes notes;
  ASSERT_TRUE(fit_activations(graph, context, notes));
  ASSERT_GE(notes.size(), 3U);
  EXPECT_EQ(notes[0].find("activation 'act1' is a polynomial of degree 4 per channel: depth 2, 2 products, input -"),
            0U)
      << notes[0];
}

}  // namespace
}  // namespace obscura::compiler::passes
