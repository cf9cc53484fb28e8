#include "compiler/graph/interpret_batch.hpp"

#include <gtest/gtest.h>

#include <random>

#include "compiler/graph/interpret.hpp"
#include "compiler/graph/verify.hpp"

namespace obscura::compiler::graph {
namespace {

class Batches : public ::testing::Test {
 protected:
  ValueId add(Op op, std::vector<ValueId> operands) {
    const auto id = append(graph_, std::move(op), std::move(operands), "node");
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    return id ? *id : ValueId(0);
  }
  std::vector<double> reals(std::int64_t count) {
    std::vector<double> result(static_cast<std::size_t>(count));
    for (double& x : result) x = std::uniform_real_distribution<double>(-1.0, 1.0)(random_);
    return result;
  }
  // Every sample of a batch equals interpret() bit by bit.
  void expect_same(std::size_t samples) {
    ASSERT_TRUE(verify(graph_));
    std::vector<std::vector<double>> inputs;
    for (std::size_t s = 0; s < samples; ++s) inputs.push_back(reals(element_count(graph_.nodes[0].shape)));
    const Batch result = interpret_batch(graph_, inputs);
    ASSERT_EQ(result.samples(), samples);
    for (std::size_t s = 0; s < samples; ++s) EXPECT_EQ(result.sample(s), interpret(graph_, inputs[s])) << s;
  }

  Graph graph_;
  std::mt19937_64 random_{3};
};

TEST_F(Batches, EveryKindOfNodeAgreesWithTheInterpreter) {
  const auto x = add(Input{Shape{{4, 6, 5}}}, {});
  const Shape kernel{{6, 2, 3, 2}};
  const auto conv = add(Conv{{kernel, reals(72)}, reals(6), {2, 1}, {1, 0, 2, 1}, {1, 2}, 2}, {x});
  const auto scaled = add(Affine{reals(6), {0.5}}, {conv});
  const auto active = add(Activation{ActivationKind::kLeakyRelu, 0.0, 0.0, reals(6)}, {scaled});
  const auto pooled = add(AveragePool{{3, 3}, {1, 1}, {1, 1, 1, 1}, true}, {active});
  const auto sum = add(Add{}, {pooled, active});
  const auto product = add(Multiply{}, {sum, scaled});
  const auto square = add(Square{}, {product});
  const auto both = add(Concat{0}, {square, sum});
  const auto flat = add(Reshape{Shape{{element_count(graph_.shape(both))}}}, {both});
  const auto count = element_count(graph_.shape(flat));
  const auto dense = add(Dense{{Shape{{3, count}}, reals(3 * count)}, reals(3)}, {flat});
  graph_.outputs = {dense, active};
  for (const std::size_t samples : {1U, 16U, 19U}) expect_same(samples);
}

TEST_F(Batches, SparseMatricesToo) {
  const auto x = add(Input{Shape{{5}}}, {});
  // An empty row, a full one, and some columns that nobody reads.
  const SparseMatrix matrix{3, 5, {0, 0, 5, 7}, {0, 1, 2, 3, 4, 1, 3}, reals(7), reals(3)};
  graph_.outputs = {add(Linear{matrix, Shape{{3}}}, {x})};
  expect_same(21);
}

TEST_F(Batches, InputMayBeAnOutputAndReadTwice) {
  const auto x = add(Input{Shape{{3}}}, {});
  const auto product = add(Multiply{}, {x, x});
  graph_.outputs = {x, product};
  expect_same(5);
}

TEST_F(Batches, LanesOfTheLastBlock) {
  const Batch batch(2, 19);
  EXPECT_EQ(batch.blocks(), 2U);
  EXPECT_EQ(batch.lanes(0), 16U);
  EXPECT_EQ(batch.lanes(1), 3U);
}

}  // namespace
}  // namespace obscura::compiler::graph
