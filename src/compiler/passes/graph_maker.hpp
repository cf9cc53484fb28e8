#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/graph/interpret.hpp"
#include "compiler/graph/verify.hpp"
#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// For tests: builds graphs with random weights, and checks that a pass keeps what they compute.
class GraphMaker {
 public:
  explicit GraphMaker(std::uint64_t seed) : random_(seed) {}

  graph::ValueId add(graph::Op op, std::vector<graph::ValueId> operands, std::string name) {
    const auto id = graph::append(graph, std::move(op), std::move(operands), std::move(name));
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    return id ? *id : graph::ValueId(0);
  }

  std::vector<double> reals(std::int64_t count) {
    std::vector<double> result(static_cast<std::size_t>(count));
    for (double& value : result) value = std::uniform_real_distribution<double>(-1.0, 1.0)(random_);
    return result;
  }

  graph::ValueId input(std::vector<std::int64_t> dims) { return add(graph::Input{{std::move(dims)}}, {}, "x"); }

  /// Convolution with a square kernel.
  graph::ValueId conv(graph::ValueId x, std::int64_t out, std::int64_t kernel, std::string name,
                      graph::Extent2 strides = {1, 1}, graph::Padding2 pads = {0, 0, 0, 0}) {
    const graph::Shape weights{{out, graph.shape(x).dims[0], kernel, kernel}};
    graph::Conv op{{weights, reals(graph::element_count(weights))}, reals(out), strides, pads};
    return add(std::move(op), {x}, std::move(name));
  }

  graph::ValueId dense(graph::ValueId x, std::int64_t out, std::string name) {
    const graph::Shape weights{{out, graph.shape(x).dims[0]}};
    return add(graph::Dense{{weights, reals(graph::element_count(weights))}, reals(out)}, {x}, std::move(name));
  }

  graph::ValueId flatten(graph::ValueId x, std::string name) {
    return add(graph::Reshape{{{graph::element_count(graph.shape(x))}}}, {x}, std::move(name));
  }

  graph::Graph graph;

 private:
  std::mt19937_64 random_;
};

/// Both graphs give the same outputs on random inputs, up to the rounding of sums in another order:
/// `terms` bounds the terms of one output times the magnitude that they reach.
inline void expect_same_function(const graph::Graph& before, const graph::Graph& after, double terms) {
  GraphMaker random(77);
  for (int trial = 0; trial < 5; ++trial) {
    const auto input = random.reals(graph::element_count(before.nodes[0].shape));
    const auto expected = graph::interpret(before, input);
    const auto actual = graph::interpret(after, input);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(actual[i], expected[i], terms * std::ldexp(1.0, -52)) << "element " << i << ", trial " << trial;
    }
  }
}

/// Runs one pass on a copy of the graph and checks the result; returns it.
inline graph::Graph run_checked(base::Result<graph::Graph> (*pass)(graph::Graph, Notes&), const graph::Graph& graph,
                                double terms, Notes* notes = nullptr) {
  Notes ignored;
  auto result = pass(graph, notes != nullptr ? *notes : ignored);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  if (!result) return graph;
  const auto verified = graph::verify(*result);
  EXPECT_TRUE(verified) << (verified ? "" : verified.error().message);
  expect_same_function(graph, *result, terms);
  return std::move(*result);
}

}  // namespace obscura::compiler::passes
