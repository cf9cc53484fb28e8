#include "compiler/passes/approximate_maxpool.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/fit/minimax_sign.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

using Inputs = std::vector<std::vector<double>>;

struct Pooled {
  graph::Graph graph;
  Inputs inputs;
};

Pooled pooled(const graph::MaxPool& pool, std::size_t inputs) {
  GraphMaker make(3);
  make.graph.outputs = {make.add(pool, {make.input({2, 5, 6})}, "pool")};
  Pooled result{make.graph, {}};
  for (std::size_t i = 0; i < inputs; ++i) result.inputs.push_back(make.reals(60));
  return result;
}

bool has_max_pool(const graph::Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const graph::Node& node) { return std::holds_alternative<graph::MaxPool>(node.op); });
}

// Each maximum is off by at most reach (threshold or error) (1 + error) / 2, two directions by the sum over the rounds;
// values lie in [-1, 1], so the reach is at most 2 and the margins on both sides.
void expect_near_maxima(const graph::MaxPool& pool, int rounds) {
  const Pooled x = pooled(pool, 40);
  PassContext context{x.inputs, {}};
  context.fit.most_flips = 0;
  Notes notes;
  const auto result = approximate_maxpool(x.graph, context, notes);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_FALSE(has_max_pool(*result));
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_NE(notes[0].find("max_pool 'pool' is approximated by maxima of two to "), std::string::npos) << notes[0];
  // The coarsest sign that may be chosen, of 3 bits, bounds every choice.
  const double reach = 2 * (1 + 2 * context.fit.weights.margin);
  const double most = rounds * reach / 2 * (1 + 0.125) * 0.125;
  for (const auto& input : x.inputs) {
    const auto expected = graph::interpret(x.graph, input);
    const auto actual = graph::interpret(*result, input);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], most);
  }
}

TEST(ApproximateMaxPool, PairsInBothDirections) {
  expect_near_maxima({{2, 2}, {2, 2}}, 2);
}

TEST(ApproximateMaxPool, PaddingDilationAndUnevenWindows) {
  expect_near_maxima({{3, 3}, {2, 2}, {1, 1, 1, 1}}, 4);
  expect_near_maxima({{1, 3}, {1, 2}, {0, 1, 0, 0}}, 2);
  expect_near_maxima({{2, 1}, {1, 1}, {}, {3, 1}}, 1);
}

TEST(ApproximateMaxPool, NoteSaysHowManyLevels) {
  const Pooled x = pooled({{2, 2}, {2, 2}}, 8);
  PassContext context{x.inputs, {}};
  context.fit.most_flips = 1;
  Notes notes;
  ASSERT_TRUE(approximate_maxpool(x.graph, context, notes));
  // 3 bits are enough; per direction the selection, -b, the scale in front of the sign, the sign and one product.
  const int levels = 2 * (fit::composite_sign(3)->depth + 4);
  EXPECT_NE(notes[0].find("to 3 bits, which takes up to " + std::to_string(levels) + " levels"), std::string::npos)
      << notes[0];
}

TEST(ApproximateMaxPool, NeedsCalibrationInputsOnlyForMaxPools) {
  const Pooled x = pooled({{2, 2}, {2, 2}}, 0);
  Notes notes;
  const auto result = approximate_maxpool(x.graph, {}, notes);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kUsage);
  GraphMaker make(1);
  make.graph.outputs = {make.dense(make.input({3}), 2, "dense")};
  EXPECT_TRUE(approximate_maxpool(make.graph, {}, notes));
}

}  // namespace
}  // namespace obscura::compiler::passes
