#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "compiler/graph/interpret.hpp"
#include "compiler/onnx/read_onnx.hpp"
#include "compiler/passes/runner.hpp"

// The committed models from file to operators that later stages know: activations that exporters wrote out are one
// operator each, and the scores stay.

namespace obscura::compiler::compile {
namespace {

namespace fs = std::filesystem;

// The passes that match and clean up, before any layer is multiplied out.
std::span<const passes::Pass> matching_passes() {
  const auto all = passes::standard_passes();
  const auto last = std::find_if(all.begin(), all.end(), [](const auto& pass) { return pass.name == "remove_unused"; });
  return all.first(static_cast<std::size_t>(last - all.begin()) + 1);
}

std::map<std::string, int> count_operators(const graph::Graph& graph) {
  std::map<std::string, int> result;
  for (const auto& node : graph.nodes) ++result[std::string(graph::op_name(node.op))];
  return result;
}

void expect_same_scores(const graph::Graph& before, const graph::Graph& after) {
  std::vector<double> input(static_cast<std::size_t>(graph::element_count(before.nodes[0].shape)));
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<double>(i * 37 % 101) / 101.0;
  const auto expected = graph::interpret(before, input);
  const auto actual = graph::interpret(after, input);
  ASSERT_EQ(actual.size(), expected.size());
  double largest = 0.0;
  for (const double score : expected) largest = std::max(largest, std::abs(score));
  // Constants of activations are recognised up to a relative 1e-6; a handful of layers pass that on.
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-5 * largest);
}

TEST(FrontEnd, ActivationsOfTheModelsAreOneOperatorEach) {
  const std::map<std::string, std::map<std::string, int>> activations{
      {"mnist_cryptonets", {{"square", 2}}},
      {"lenet5_mnist", {{"relu", 4}}},
      {"mlp_mnist", {{"sigmoid", 1}, {"tanh", 1}}},
      {"resnet_mnist", {{"leaky_relu", 7}}},
      {"resnet20_relu", {{"relu", 19}}},
      {"resnet20_quad", {{"quadratic", 19}, {"multiply", 0}}},
      {"dwsep_cifar10", {{"hard_swish", 4}, {"silu", 3}, {"sigmoid", 0}, {"multiply", 0}}},
  };
  for (const auto& [model, expected] : activations) {
    const fs::path path = fs::path(OBSCURA_SOURCE_DIR "/models") / model / "model.onnx";
    if (!fs::exists(path)) continue;
    SCOPED_TRACE(model);
    const auto graph = onnx_import::read_onnx_file(path, {});
    ASSERT_TRUE(graph) << graph.error().message;
    const auto matched = passes::run_passes(*graph, matching_passes(), {});
    ASSERT_TRUE(matched) << matched.error().message;
    auto found = count_operators(matched->graph);
    for (const auto& [name, count] : expected) EXPECT_EQ(found[name], count) << name;
    expect_same_scores(*graph, matched->graph);
  }
}

}  // namespace
}  // namespace obscura::compiler::compile
