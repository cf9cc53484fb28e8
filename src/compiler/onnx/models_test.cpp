#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "compiler/graph/interpret.hpp"
#include "compiler/onnx/read_onnx.hpp"

// Every model that stands in models/ is read, gives ten finite scores, and has the activations of its card.

namespace obscura::compiler::onnx_import {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> models() {
  std::vector<fs::path> result;
  for (const auto& entry : fs::directory_iterator(OBSCURA_SOURCE_DIR "/models")) {
    if (fs::exists(entry.path() / "model.onnx")) result.push_back(entry.path());
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::map<std::string, int> count_operators(const graph::Graph& graph) {
  std::map<std::string, int> result;
  for (const auto& node : graph.nodes) ++result[std::string(graph::op_name(node.op))];
  return result;
}

TEST(Models, EachIsReadAndGivesTenScores) {
  ASSERT_GE(models().size(), 3U);
  for (const fs::path& folder : models()) {
    SCOPED_TRACE(folder);
    const auto graph = read_onnx_file(folder / "model.onnx", {});
    ASSERT_TRUE(graph) << graph.error().message;
    ASSERT_EQ(graph->outputs.size(), 1U);
    EXPECT_EQ(graph->output_names, (std::vector<std::string>{"scores"}));
    EXPECT_EQ(graph->shape(graph->outputs[0]).dims, (std::vector<std::int64_t>{10}));
    std::vector<double> input(static_cast<std::size_t>(graph::element_count(graph->nodes[0].shape)));
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<double>(i * 37 % 101) / 101.0;
    const auto scores = graph::interpret(*graph, input);
    EXPECT_TRUE(std::all_of(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); }));
    EXPECT_NE(*std::max_element(scores.begin(), scores.end()), *std::min_element(scores.begin(), scores.end()));
  }
}

TEST(Models, HaveTheActivationsOfTheirCards) {
  struct Row {
    const char* model;
    const char* activation;
    int count;
  };
  for (const Row& row : {Row{"lenet5_mnist", "relu", 4}, Row{"mlp_mnist", "sigmoid", 1}, Row{"mlp_mnist", "tanh", 1},
                         Row{"resnet_mnist", "leaky_relu", 7}, Row{"resnet20_relu", "relu", 19},
                         Row{"dwsep_cifar10", "hard_swish", 4}, Row{"dwsep_cifar10", "sigmoid", 3}}) {
    const fs::path folder = fs::path(OBSCURA_SOURCE_DIR "/models") / row.model;
    if (!fs::exists(folder)) continue;
    SCOPED_TRACE(folder);
    const auto graph = read_onnx_file(folder / "model.onnx", {});
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_EQ(count_operators(*graph)[row.activation], row.count) << row.activation;
  }
}

}  // namespace
}  // namespace obscura::compiler::onnx_import
