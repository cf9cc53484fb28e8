#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "compiler/compile/calibration.hpp"
#include "compiler/graph/interpret_batch.hpp"
#include "compiler/onnx/read_onnx.hpp"
#include "compiler/passes/fit_activations.hpp"

// Activations of a real network as polynomials: models/lenet5_mnist, trained with ReLU.

namespace obscura::compiler::compile {
namespace {

using Inputs = std::vector<std::vector<double>>;

std::string model_path() {
  return std::string(OBSCURA_SOURCE_DIR) + "/models/lenet5_mnist/model.onnx";
}

plan::program::InputSpec digit_spec() {
  plan::program::InputSpec spec;
  spec.height = spec.width = 28;
  return spec;
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

void print(const passes::FittedNetwork& network) {
  for (const auto& a : network.activations) {
    std::printf("  %-8s degree %2zu depth %d input %.2f to %.2f rms error %.3g, %.1f bits lost\n", a.name.c_str(),
                a.degree, a.depth, a.low, a.high, a.rms_error, a.bits_lost);
  }
  std::printf("  unseen: %.2f %% of %zu change their label, scores off by %.3g\n", 100 * network.flip_share,
              network.measured_inputs, network.score_error);
}

TEST(FittedNetwork, LenetOnTheDigitsOfTheRepository) {
  const auto graph = onnx_import::read_onnx_file(model_path(), {});
  ASSERT_TRUE(graph) << graph.error().message;
  const auto digits = read_calibration(std::string(OBSCURA_SOURCE_DIR) + "/models/digits", digit_spec(), 100);
  ASSERT_TRUE(digits) << digits.error().message;
  const auto fitted = passes::fit_network(*graph, *digits, {});
  ASSERT_TRUE(fitted) << fitted.error().message;
  print(*fitted);
  EXPECT_EQ(fitted->activations.size(), 4U);
  EXPECT_TRUE(fitted->goal_met);
  EXPECT_GE(agreement(*graph, fitted->graph, *digits), 0.99);
}

}  // namespace
}  // namespace obscura::compiler::compile
