#include "compiler/passes/lower_to_chain.hpp"

#include <gtest/gtest.h>

#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

using graph::Square;

// All standard passes and the lowering; checks the chain against the graph on random inputs.
base::Result<graph::Chain> lower(const graph::Graph& graph, double terms = 1e5) {
  OBSCURA_TRY(Optimised optimised, run_passes(graph, standard_passes(), {{"fit_activations"}}));
  expect_same_function(graph, optimised.graph, terms);
  OBSCURA_TRY(graph::Chain chain, lower_to_chain(std::move(optimised.graph)));
  GraphMaker random(5);
  for (int trial = 0; trial < 5; ++trial) {
    const auto input = random.reals(graph::element_count(chain.input));
    const auto expected = graph::interpret(graph, input);
    const auto actual = graph::evaluate_stages(chain, input).back();
    EXPECT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], terms * 0x1p-52);
  }
  return chain;
}

std::vector<std::string> names(const graph::Chain& chain) {
  std::vector<std::string> result;
  for (const auto& stage : chain.stages) result.push_back(stage.name);
  return result;
}

std::string refusal(const graph::Graph& graph) {
  const auto result = lower(graph);
  EXPECT_FALSE(result);
  return result ? "accepted" : result.error().message;
}

TEST(LowerToChain, TheCryptoNetsShape) {
  GraphMaker make(1);
  auto x = make.conv(make.input({1, 28, 28}), 5, 5, "conv1", {2, 2}, {1, 1, 0, 0});
  x = make.flatten(make.add(Square{}, {x}, "sq1"), "flat");
  x = make.add(Square{}, {make.dense(x, 100, "fc1")}, "sq2");
  make.graph.outputs = {make.dense(x, 10, "fc2")};
  // Values reach 25^2 * 845 before the second square, so that the answer sums 100 terms near 2^38.
  const auto chain = lower(make.graph, 0x1p44);
  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(names(*chain), (std::vector<std::string>{"conv1", "flat+fc1", "fc2"}));
  EXPECT_EQ(chain->stages[0].matrix.entries(), 20480U);
  EXPECT_EQ(chain->stages[1].matrix.entries(), 84500U);
  EXPECT_EQ(chain->stages[0].shape, (graph::Shape{{5, 13, 13}}));
}

TEST(LowerToChain, QuadraticActivationsVanishIntoTheLayers) {
  GraphMaker make(2);
  auto x = make.conv(make.input({2, 6, 6}), 3, 3, "conv", {1, 1}, {1, 1, 1, 1});
  x = make.add(graph::Affine{make.reals(3), make.reals(3)}, {x}, "norm");
  const auto square = make.add(Square{}, {x}, "sq");
  const auto minus = make.add(graph::Affine{{-0.7, 0.6, 0.5}, {0.25}}, {square}, "minus");
  const auto twice = make.add(graph::Affine{{2.0}, {0.0}}, {x}, "twice");
  x = make.add(graph::Add{}, {minus, twice}, "act");
  x = make.add(graph::AveragePool{{2, 2}, {2, 2}}, {x}, "pool");
  make.graph.outputs = {make.dense(make.flatten(x, "flat"), 4, "fc")};
  const auto chain = lower(make.graph);
  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(names(*chain), (std::vector<std::string>{"conv+norm+act", "act+pool+flat+fc"}));
}

TEST(LowerToChain, IdentitiesStandWhereAMapIsMissing) {
  GraphMaker make(3);
  auto x = make.add(Square{}, {make.input({2, 2})}, "sq1");
  x = make.add(Square{}, {make.add(Square{}, {x}, "sq2")}, "sq3");
  make.graph.outputs = {x};
  const auto chain = lower(make.graph);
  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(names(*chain), (std::vector<std::string>{"identity", "identity", "identity", "identity"}));
  GraphMaker empty(4);
  empty.graph.outputs = {empty.input({3})};
  EXPECT_EQ(lower(empty.graph)->stages.size(), 1U);
}

TEST(LowerToChain, RefusesBranchesProductsAndSeveralOutputs) {
  GraphMaker skip(5);
  const auto fc = skip.dense(skip.input({4}), 4, "fc");
  const auto square = skip.add(Square{}, {fc}, "sq");
  const auto two = skip.dense(square, 4, "two");
  skip.graph.outputs = {skip.add(graph::Add{}, {two, fc}, "skip")};
  EXPECT_EQ(refusal(skip.graph), "add 'skip' adds two branches of the network");
  skip.graph.outputs = {skip.add(graph::Multiply{}, {two, fc}, "gate")};
  EXPECT_EQ(refusal(skip.graph), "multiply 'gate' multiplies two different values");
  skip.graph.outputs = {two, fc};
  EXPECT_EQ(refusal(skip.graph), "the network has 2 outputs");
}

TEST(LowerToChain, RefusesWhatIsNoSquare) {
  GraphMaker make(7);
  const auto x = make.input({1, 4, 4});
  make.graph.outputs = {make.add(graph::Concat{0}, {x, x}, "both")};
  EXPECT_EQ(refusal(make.graph), "concat 'both' joins branches of the network");
  make.graph.outputs = {make.add(graph::Activation{graph::ActivationKind::kRelu}, {x}, "act")};
  EXPECT_EQ(refusal(make.graph), "relu 'act' is not a polynomial of degree 2");
  make.graph.outputs = {make.add(graph::MaxPool{{2, 2}}, {x}, "pool")};
  EXPECT_EQ(refusal(make.graph), "max_pool 'pool' is not a polynomial of degree 2");
  make.graph.outputs = {make.add(graph::Polynomial{{{0.0}, {0.0}, {0.0}, {1.0}}}, {x}, "cube")};
  EXPECT_EQ(refusal(make.graph), "polynomial 'cube' is not a polynomial of degree 2");
  make.graph.outputs = {make.add(graph::Softmax{0}, {x}, "soft")};
  EXPECT_EQ(refusal(make.graph), "softmax 'soft' is left to whoever holds the key");
}

TEST(LowerToChain, SaysWhichPassIsMissing) {
  GraphMaker make(6);
  make.graph.outputs = {make.dense(make.input({4}), 4, "fc")};
  auto optimised = run_passes(make.graph, standard_passes(), {{"fuse_linear"}});
  ASSERT_TRUE(optimised);
  const auto chain = lower_to_chain(std::move(optimised->graph));
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().message, "dense 'fc' is neither a matrix nor a square");
}

TEST(LowerToChain, AShiftBetweenSquaresIsAStage) {
  GraphMaker make(8);
  const auto square = make.add(Square{}, {make.dense(make.input({4}), 3, "fc")}, "one");
  const auto shift = make.add(graph::Affine{{1.0}, {0.5}}, {square}, "shift");
  make.graph.outputs = {make.add(Square{}, {shift}, "two")};
  const auto chain = lower(make.graph);
  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(names(*chain), (std::vector<std::string>{"fc", "shift", "identity"}));
}

}  // namespace
}  // namespace obscura::compiler::passes
