#include "compiler/fit/activation_circuit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/fit/product_form.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/graph/verify.hpp"

namespace obscura::compiler::fit {
namespace {

std::vector<ChannelPolynomial> random_channels(std::size_t count, std::size_t degree, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  std::vector<ChannelPolynomial> channels(count);
  for (ChannelPolynomial& channel : channels) {
    const double centre = 3.0 * uniform(random);
    channel.range = {centre - 1.5, centre + 1.0};
    for (std::size_t k = 0; k <= degree; ++k) channel.series.push_back(uniform(random) / static_cast<double>(k + 1));
  }
  return channels;
}

graph::Graph input_graph(const graph::Shape& shape) {
  graph::Graph graph;
  EXPECT_TRUE(graph::append(graph, graph::Input{shape}, {}, "x"));
  return graph;
}

int ceil_log2(std::size_t n) {
  return static_cast<int>(std::ceil(std::log2(static_cast<double>(n))));
}

TEST(ActivationCircuit, InterpreterGivesThePolynomialPerChannel) {
  const graph::Shape shape{{3, 5, 4}};
  for (std::size_t degree = 2; degree <= 16; ++degree) {
    const auto channels = random_channels(3, degree, degree);
    graph::Graph graph = input_graph(shape);
    const auto circuit = expand(graph, graph::ValueId(0), channels, "act");
    ASSERT_TRUE(circuit) << circuit.error().message;
    graph.outputs = {circuit->value};
    ASSERT_TRUE(graph::verify(graph));
    const int expected_depth = ceil_log2(degree % 2 == 0 && degree <= 4 ? degree : degree + 1);
    EXPECT_EQ(circuit->depth, expected_depth) << degree;
    std::vector<double> x;
    std::vector<double> y;
    for (const ChannelPolynomial& channel : channels) {
      for (const double t : even_points(20)) {
        x.push_back(channel.range.centre() + t * channel.range.half_width());
        y.push_back(evaluate_chebyshev(channel.series, t));
      }
    }
    const auto actual = graph::interpret(graph, x);
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(actual[i], y[i], 1e-9 * (1.0 + std::abs(y[i]))) << degree;
  }
}

TEST(ActivationCircuit, DegreesTwoAndFourHaveNoFactorsBetweenTheEnds) {
  for (const auto& [degree, products] : {std::pair{2U, 1}, std::pair{4U, 2}}) {
    graph::Graph graph = input_graph({{4}});
    const auto circuit = expand(graph, graph::ValueId(0), random_channels(4, degree, 3), "act");
    ASSERT_TRUE(circuit);
    EXPECT_EQ(circuit->products, products);
    for (std::size_t i = 2; i + 1 < graph.nodes.size(); ++i) {
      if (const auto* affine = std::get_if<graph::Affine>(&graph.nodes[i].op)) {
        EXPECT_TRUE(graph::only_shifts(*affine)) << i;
      }
    }
  }
}

TEST(ActivationCircuit, NodesDoNotDependOnValues) {
  for (const std::size_t degree : {2U, 4U, 7U}) {
    graph::Graph dense = input_graph({{2}});
    graph::Graph zeros = input_graph({{2}});
    ASSERT_TRUE(expand(dense, graph::ValueId(0), random_channels(2, degree, 4), "act"));
    const std::vector<ChannelPolynomial> nothing(2, {{-1.0, 1.0}, Series(degree + 1, 0.0)});
    ASSERT_TRUE(expand(zeros, graph::ValueId(0), nothing, "act"));
    ASSERT_EQ(zeros.nodes.size(), dense.nodes.size());
    for (std::size_t i = 0; i < zeros.nodes.size(); ++i)
      EXPECT_EQ(zeros.nodes[i].op.index(), dense.nodes[i].op.index());
    zeros.outputs = {graph::ValueId(zeros.nodes.size() - 1)};
    EXPECT_EQ(graph::interpret(zeros, std::vector<double>{0.3, -0.7}), (std::vector<double>{0.0, 0.0}));
  }
}

TEST(ActivationCircuit, CountsLevelsOnTheLongestWay) {
  graph::Graph graph = input_graph({{2}});
  const auto shifted = graph::append(graph, graph::Affine{{1.0}, {2.0}}, {graph::ValueId(0)}, "shift");
  const auto scaled = graph::append(graph, graph::Affine{{2.0}, {2.0}}, {*shifted}, "scale");
  const auto product = graph::append(graph, graph::Multiply{}, {*shifted, *scaled}, "product");
  EXPECT_EQ(depth_between(graph, graph::ValueId(0), *shifted), 0);
  EXPECT_EQ(depth_between(graph, graph::ValueId(0), *scaled), 1);
  EXPECT_EQ(depth_between(graph, graph::ValueId(0), *product), 2);
}

}  // namespace
}  // namespace obscura::compiler::fit
