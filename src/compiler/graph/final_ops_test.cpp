#include "compiler/graph/final_ops.hpp"

#include <gtest/gtest.h>

#include "compiler/graph/interpret.hpp"
#include "compiler/graph/print.hpp"
#include "compiler/graph/verify.hpp"

namespace obscura::compiler::graph {
namespace {

using Values = std::vector<double>;

ValueId add(Graph& graph, Op op, std::vector<ValueId> operands, std::string name) {
  const auto id = append(graph, std::move(op), std::move(operands), std::move(name));
  EXPECT_TRUE(id) << (id ? "" : id.error().message);
  return id ? *id : ValueId(0);
}

// Scores as they are, their softmax turned into a row, and the place of the largest softmax.
Graph three_outputs() {
  Graph graph;
  const ValueId x = add(graph, Input{Shape{{3}}}, {}, "x");
  const ValueId scores = add(graph, Affine{{2.0}, {0.0}}, {x}, "scores");
  const ValueId soft = add(graph, Softmax{0, true}, {scores}, "soft");
  const ValueId row = add(graph, Reshape{Shape{{1, 3}}}, {soft}, "row");
  const ValueId column = add(graph, Transpose{{1, 0}}, {row}, "column");
  const ValueId label = add(graph, ArgMax{0, false}, {soft}, "label");
  graph.outputs = {scores, column, label};
  return graph;
}

TEST(FinalOps, AreCutOffAndSaidPerOutput) {
  const Graph graph = three_outputs();
  ASSERT_TRUE(verify(graph));
  const auto stripped = strip_final_ops(graph);
  ASSERT_TRUE(stripped) << stripped.error().message;
  EXPECT_EQ(print(stripped->body),
            "%0 = input() 'x' : [3]\n"
            "%1 = affine(%0) 'scores' scale scalar, shift scalar : [3]\n"
            "output %1, %1, %1\n");
  ASSERT_EQ(stripped->tails.size(), 3U);
  EXPECT_EQ(print(stripped->tails[0]), "%0 = input() 'scores' : [3]\noutput %0\n");
  EXPECT_EQ(print(stripped->tails[1]),
            "%0 = input() 'scores' : [3]\n"
            "%1 = log_softmax(%0) 'soft' axis 0 : [3]\n"
            "%2 = reshape(%1) 'row' : [1, 3]\n"
            "%3 = transpose(%2) 'column' [1, 0] : [3, 1]\n"
            "output %3\n");
  EXPECT_TRUE(verify(stripped->body));
}

TEST(FinalOps, BodyAndTailsMakeTheNetwork) {
  const Graph graph = three_outputs();
  const auto stripped = strip_final_ops(graph);
  ASSERT_TRUE(stripped);
  const Values x{0.5, -1.0, 2.0};
  const Values body = interpret(stripped->body, x);
  Values joined;
  for (std::size_t i = 0; i < 3; ++i) {
    const Values tail = interpret(stripped->tails[i], {body.data() + 3 * i, 3});
    joined.insert(joined.end(), tail.begin(), tail.end());
  }
  EXPECT_EQ(joined, interpret(graph, x));
  EXPECT_EQ(joined.back(), 2.0);
}

TEST(FinalOps, NothingComputesWithThem) {
  Graph graph = three_outputs();
  const ValueId square = add(graph, Square{}, {ValueId(4)}, "sq");
  graph.outputs = {square};
  const auto checked = verify(graph);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(checked.error().message, "node 'column' (transpose): 'sq' (square) computes with its result");
  EXPECT_FALSE(strip_final_ops(graph));
}

}  // namespace
}  // namespace obscura::compiler::graph
