#include "compiler/compile/finish.hpp"

#include <gtest/gtest.h>

#include "compiler/compile/compile.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/passes/graph_maker.hpp"
#include "compiler/simulate/execute.hpp"

namespace obscura::compiler::compile {
namespace {

using passes::GraphMaker;
using plan::program::Finish;

base::Result<std::vector<Finish>> finishes(const graph::Graph& graph) {
  const auto stripped = graph::strip_final_ops(graph);
  EXPECT_TRUE(stripped);
  return finishes_of(*stripped);
}

// The operators on a tensor of that shape, one after the other.
graph::Graph ending(std::vector<std::int64_t> dims, std::vector<graph::Op> ops) {
  GraphMaker make(1);
  graph::ValueId x = make.input(std::move(dims));
  for (graph::Op& op : ops) x = make.add(std::move(op), {x}, "end" + std::to_string(make.graph.nodes.size()));
  make.graph.outputs = {x};
  return make.graph;
}

TEST(Finish, NamesWhatIsLeftToTheKeyHolder) {
  EXPECT_EQ(finishes(ending({4}, {})).value(), std::vector{Finish::kNone});
  EXPECT_EQ(finishes(ending({4}, {graph::Softmax{0}})).value(), std::vector{Finish::kSoftmax});
  EXPECT_EQ(finishes(ending({4, 1}, {graph::Softmax{0, true}})).value(), std::vector{Finish::kLogSoftmax});
  EXPECT_EQ(finishes(ending({1, 4}, {graph::ArgMax{1}, graph::Reshape{{{1}}}})).value(), std::vector{Finish::kArgMax});
  EXPECT_EQ(finishes(ending({4}, {graph::Softmax{0}, graph::ArgMax{0}})).value(), std::vector{Finish::kArgMax});
}

TEST(Finish, RefusesWhatRunsOverAPartOfTheScores) {
  const auto columns = finishes(ending({3, 4}, {graph::Softmax{1}}));
  ASSERT_FALSE(columns);
  EXPECT_EQ(columns.error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(
      columns.error().message,
      "node 'end1' (softmax) runs over dimension 1 of [3, 4] alone; after decryption it is done over all scores of "
      "an output");
  const auto rows = finishes(ending({3, 4}, {graph::ArgMax{0}}));
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().message.find("'end1' (arg_max)"), std::string::npos) << rows.error().message;
}

TEST(Finish, RefusesTwoSoftmaxes) {
  const auto twice = finishes(ending({4}, {graph::Softmax{0}, graph::Softmax{0}}));
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().message, "node 'end2' (softmax) computes with the result of another final operator");
}

// Scores and their probabilities, two outputs of one value.
TEST(Finish, CompiledOutputsKeepNamesAndScores) {
  GraphMaker make(5);
  const auto x = make.flatten(make.input({1, 3, 3}), "flat");
  const auto scores = make.dense(x, 4, "dense");
  make.graph.outputs = {scores, make.add(graph::Softmax{0}, {scores}, "soft")};
  make.graph.output_names = {"logits", "probabilities"};
  CompileRequest request;
  request.input.height = request.input.width = 3;
  for (int i = 0; i < 4; ++i) request.calibration.push_back(make.reals(9));
  request.options.most_flips = 1;
  const auto output = compile_graph(make.graph, request);
  ASSERT_TRUE(output) << output.error().message;
  const auto& program = output->plan.program;
  ASSERT_EQ(program.outputs.size(), 2U);
  EXPECT_EQ(program.outputs[0].name, "logits");
  EXPECT_EQ(program.outputs[1].name, "probabilities");
  EXPECT_EQ(program.outputs[0].finish, Finish::kNone);
  EXPECT_EQ(program.outputs[1].finish, Finish::kSoftmax);
  EXPECT_EQ(program.outputs[0].element, program.outputs[1].element) << "one value is returned once";
  const auto& input = request.calibration[0];
  const auto trace = simulate::execute(program, output->plan.weights, simulate::pack_input(program, input), {});
  const auto expected = graph::interpret_all(make.graph, input)[scores.value()];
  const auto actual = simulate::read_scores(program, trace);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-9);
}

}  // namespace
}  // namespace obscura::compiler::compile
