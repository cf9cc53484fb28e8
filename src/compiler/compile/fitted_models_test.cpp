#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "compiler/compile/calibration.hpp"
#include "compiler/compile/testing/cifar10.hpp"
#include "compiler/fit/activation_circuit.hpp"
#include "compiler/graph/interpret_batch.hpp"
#include "compiler/onnx/read_onnx.hpp"
#include "compiler/passes/fit_activations.hpp"
#include "compiler/passes/runner.hpp"

// The committed networks with activations, from file to the operators that ciphertexts know: how many levels they
// take, which is one per layer and the depth of each activation, and how often they answer as the float network does on
// inputs that nothing was fitted on: polynomials are fitted on training images, answers compared on test images.

namespace obscura::compiler::compile {
namespace {

using testing::Inputs;

struct Case {
  std::string model;
  std::size_t calibrated;
  std::size_t held_out;
  int layers;  ///< convolutions and dense layers on the longest path
  int most_levels;
  /// Of the held-out inputs, with the float network's label: what was measured, less three standard deviations of it.
  double least_agreement;
  double most_flips = passes::FitOptions{}.most_flips;
  std::size_t max_degree = passes::FitOptions{}.max_degree;
  bool meets_goal = true;
  int uneven_scales = 0;  ///< that balance_scales has to leave, a level each
};

/// Training images to fit on, test images to compare answers on.
struct Samples {
  Inputs calibration;
  Inputs held_out;
};

Samples samples_for(const Case& one, const std::string& data) {
  if (one.model.find("cifar10") != std::string::npos) {
    return {testing::training_images(data, one.calibrated), testing::test_images(data, one.held_out)};
  }
  plan::program::InputSpec spec;
  spec.height = spec.width = 28;
  auto calibration = read_calibration(data + "/mnist/train-images-idx3-ubyte.gz", spec, one.calibrated);
  auto held_out = read_calibration(data + "/mnist/t10k-images-idx3-ubyte.gz", spec, one.held_out);
  if (!calibration || !held_out) return {};
  return {std::move(*calibration), std::move(*held_out)};
}

std::size_t label(const graph::Batch& scores, std::size_t sample) {
  const auto values = scores.sample(sample);
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

double agreement(const graph::Graph& a, const graph::Graph& b, const Inputs& inputs) {
  const auto left = graph::interpret_batch(a, inputs);
  const auto right = graph::interpret_batch(b, inputs);
  std::size_t same = 0;
  for (std::size_t s = 0; s < inputs.size(); ++s) same += label(left, s) == label(right, s) ? 1 : 0;
  return static_cast<double>(same) / static_cast<double>(inputs.size());
}

/// Operators that a packing knows: matrices, shifts, products, sums.
bool is_ready(const graph::Node& node) {
  if (const auto* affine = std::get_if<graph::Affine>(&node.op)) return graph::only_shifts(*affine);
  return std::holds_alternative<graph::Input>(node.op) || std::holds_alternative<graph::Linear>(node.op) ||
         std::holds_alternative<graph::Square>(node.op) || std::holds_alternative<graph::Multiply>(node.op) ||
         std::holds_alternative<graph::Add>(node.op);
}

/// What the share of changed labels among the held-out inputs must not exceed: the estimate that the pass made on its
/// calibration inputs, and three standard deviations of the difference of two such shares.
double most_flips(const passes::FittedNetwork& network, std::size_t held_out) {
  const auto n = static_cast<double>(network.measured_inputs);
  const double p = std::max(network.flip_share, 1.0 / n);
  return network.flip_share + 3.0 * std::sqrt(p * (1.0 - p) * (1.0 / n + 1.0 / static_cast<double>(held_out)));
}

void check_levels(const Case& one, const passes::FittedNetwork& fitted) {
  const auto folded = passes::run_passes(fitted.graph, passes::folding_passes(), {});
  ASSERT_TRUE(folded) << folded.error().message;
  for (const graph::Node& node : folded->graph.nodes) EXPECT_TRUE(is_ready(node)) << node.name;
  int depths = 0;
  for (const auto& activation : fitted.activations) depths += activation.depth;
  const int levels = fit::depth_between(folded->graph, graph::ValueId(0), folded->graph.outputs[0]);
  std::printf("%s: %d levels", one.model.c_str(), levels);
  EXPECT_EQ(levels, one.layers + depths + one.uneven_scales);
  EXPECT_LE(levels, one.most_levels);
}

void check(const Case& one, const std::string& data) {
  SCOPED_TRACE(one.model);
  const auto graph = onnx_import::read_onnx_file(OBSCURA_SOURCE_DIR "/models/" + one.model + "/model.onnx", {});
  ASSERT_TRUE(graph) << graph.error().message;
  const Samples samples = samples_for(one, data);
  ASSERT_EQ(samples.calibration.size(), one.calibrated);
  ASSERT_EQ(samples.held_out.size(), one.held_out);
  const auto matched = passes::run_passes(*graph, passes::fitting_passes(), {{"fit_activations"}});
  ASSERT_TRUE(matched) << matched.error().message;
  const auto start = std::chrono::steady_clock::now();
  passes::FitOptions options;
  options.most_flips = one.most_flips;
  options.max_degree = one.max_degree;
  const auto fitted = passes::fit_network(matched->graph, samples.calibration, options);
  ASSERT_TRUE(fitted) << fitted.error().message;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  check_levels(one, *fitted);
  const double share = agreement(*graph, fitted->graph, samples.held_out);
  std::printf(", agrees on %.2f %% of %zu held-out inputs; fitted in %.1f s, expects %.2f %%; degrees", 100 * share,
              one.held_out, seconds.count(), 100 - 100 * fitted->flip_share);
  for (const auto& activation : fitted->activations) std::printf(" %zu", activation.degree);
  std::printf("\n");
  EXPECT_EQ(fitted->goal_met, one.meets_goal);
  EXPECT_LE(1.0 - share, most_flips(*fitted, one.held_out));
  EXPECT_GE(share, one.least_agreement);
}

void check_all(std::initializer_list<Case> cases) {
  const char* data = std::getenv("OBSCURA_DATA");
  if (data == nullptr) {
    const char* ci = std::getenv("CI");
    ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << "OBSCURA_DATA must name the data folder in CI";
    GTEST_SKIP() << "OBSCURA_DATA is not set";
  }
  for (const Case& one : cases) check(one, data);
}

TEST(FittedModels, SlowDigits) {
  check_all({{"lenet5_mnist", 1000, 2000, 5, 15, 0.991}, {"mlp_mnist", 1000, 2000, 3, 10, 0.994}});
}

// Trained to agree with quadratics: seven activations take seven levels. In front of the fifth, one channel's scale is
// less than 1/256 of another's.
TEST(FittedModels, SlowResidualDigits) {
  check_all({{"resnet_mnist", 1000, 2000, 8, 16, 0.990, 0.01, 15, true, 1}});
}

// Trained to agree with quadratics and quartics within +-3.
TEST(FittedModels, SlowPictures) {
  check_all({{"dwsep_cifar10", 600, 1000, 8, 18, 0.982, 0.01, 4, false}});
}

}  // namespace
}  // namespace obscura::compiler::compile
