#include "compiler/passes/balance_scales.hpp"

#include <gtest/gtest.h>

#include "compiler/passes/fold_affine.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Affine;
using graph::Square;
using graph::ValueId;

// Scales between 1/2 and 3/2, every second one negative where asked.
Affine random_affine(GraphMaker& make, std::int64_t channels, bool signs) {
  Affine affine{make.reals(channels), make.reals(channels)};
  for (std::size_t i = 0; i < affine.scale.size(); ++i) {
    affine.scale[i] = (1.0 + 0.5 * affine.scale[i]) * (signs && i % 2 == 1 ? -1.0 : 1.0);
  }
  return affine;
}

// A square between two scales per channel.
ValueId activation(GraphMaker& make, ValueId x, const std::string& name) {
  const std::int64_t channels = make.graph.shape(x).dims[0];
  Affine front = random_affine(make, channels, false);
  for (double& scale : front.scale) scale *= 0.2;  // keeps values near 1
  x = make.add(std::move(front), {x}, name + " front");
  x = make.add(Square{}, {x}, name);
  return make.add(random_affine(make, channels, true), {x}, name + " end");
}

// Blocks of two convolutions around an identity skip.
graph::Graph residual(std::size_t blocks) {
  GraphMaker make(61);
  ValueId x = activation(make, make.conv(make.input({2, 4, 4}), 3, 1, "stem"), "act0");
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::string n = std::to_string(b + 1);
    ValueId y = activation(make, make.conv(x, 3, 3, "a" + n, {1, 1}, {1, 1, 1, 1}), "mid" + n);
    y = make.conv(y, 3, 3, "b" + n, {1, 1}, {1, 1, 1, 1});
    for (double& w : std::get<graph::Conv>(make.graph.nodes[y.value()].op).weights.values) w *= 0.05;
    x = activation(make, make.add(graph::Add{}, {y, x}, "add" + n), "act" + n);
  }
  make.graph.outputs = {make.dense(make.flatten(x, "flat"), 4, "fc")};
  return make.graph;
}

// Affines with a scale that is no linear layer's: those with another reader.
std::size_t dear_affines(const graph::Graph& graph) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto* affine = std::get_if<Affine>(&graph.nodes[i].op);
    if (affine == nullptr || graph::only_shifts(*affine)) continue;
    const bool dear = std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const graph::Node& reader) {
      const auto& operands = reader.operands;
      return !graph::is_linear(reader.op) && std::find(operands.begin(), operands.end(), ValueId(i)) != operands.end();
    });
    if (dear) ++count;
  }
  return count;
}

// Sums of some dozens of terms near 1, squared a few times.
constexpr double kTerms = 1e6;

TEST(BalanceScales, SkipsOfSquaresKeepNoScale) {
  for (const std::size_t blocks : {1U, 3U}) {
    const graph::Graph graph = residual(blocks);
    EXPECT_GT(dear_affines(run_checked(fold_affine, graph, kTerms)), 0U);
    const graph::Graph balanced = run_checked(balance_scales, graph, kTerms);
    const graph::Graph folded = run_checked(fold_affine, balanced, kTerms);
    EXPECT_EQ(dear_affines(folded), 0U) << blocks;
  }
}

TEST(BalanceScales, AnAffineMovesToEveryLinearReader) {
  GraphMaker make(62);
  const ValueId x = activation(make, make.dense(make.input({4}), 3, "fc1"), "act");
  const ValueId a = make.dense(x, 2, "a");
  const ValueId b = make.dense(x, 2, "b");
  make.graph.outputs = {make.add(graph::Add{}, {make.add(Square{}, {a}, "sa"), b}, "sum")};
  const graph::Graph result = run_checked(balance_scales, make.graph, 1e6);
  EXPECT_EQ(dear_affines(run_checked(fold_affine, result, 1e6)), 0U);
}

// y + u of the quartic form ties its operand's factor: between two such forms one scale stays, on the skip alone.
TEST(BalanceScales, AScaleStaysOnTheSkipWhereTheFormIsTied) {
  GraphMaker make(63);
  const auto quartic = [&](ValueId x, const std::string& name) {
    const ValueId u = make.add(random_affine(make, 3, false), {x}, name + " front");
    const ValueId y = make.add(Affine{{1.0}, make.reals(3)}, {make.add(Square{}, {u}, name)}, name + " y");
    const ValueId w = make.add(graph::Add{}, {y, u}, name + " w");
    return make.add(random_affine(make, 3, true), {make.add(graph::Multiply{}, {y, w}, name + " product")},
                    name + " end");
  };
  const ValueId x = quartic(make.dense(make.input({4}), 3, "fc1"), "q0");
  const ValueId sum = make.add(graph::Add{}, {make.dense(x, 3, "fc2"), x}, "skip");
  make.graph.outputs = {make.dense(quartic(sum, "q1"), 2, "fc3")};
  Notes notes;
  const graph::Graph balanced = run_checked(balance_scales, make.graph, 1e7, &notes);
  EXPECT_EQ(dear_affines(run_checked(fold_affine, balanced, 1e7)), 1U);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0], "a scale per channel of 'q0 end' stays on the way to a sum");
}

TEST(BalanceScales, AZeroScaleInFrontOfASkipStaysThere) {
  graph::Graph graph = residual(1);
  for (graph::Node& node : graph.nodes) {
    if (node.name == "act0 end") std::get<Affine>(node.op).scale[1] = 0.0;
  }
  const graph::Graph balanced = run_checked(balance_scales, graph, kTerms);
  EXPECT_EQ(dear_affines(run_checked(fold_affine, balanced, kTerms)), 1U);
}

TEST(BalanceScales, LeavesChainsAlone) {
  GraphMaker make(64);
  ValueId x = activation(make, make.conv(make.input({2, 4, 4}), 3, 3, "conv"), "act");
  make.graph.outputs = {make.dense(make.flatten(x, "flat"), 4, "fc")};
  const graph::Graph result = run_checked(balance_scales, make.graph, 0.0);
  EXPECT_EQ(result.nodes.size(), make.graph.nodes.size());
}

}  // namespace
}  // namespace obscura::compiler::passes
