#include <gtest/gtest.h>

#include "compiler/compile/compile.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::compile {
namespace {

// A network with a MaxPool, from graph to program: the scores in slots are those of the graph but for the
// approximation.
TEST(MaxPool, CompilesAsMaximaOfTwo) {
  passes::GraphMaker make(9);
  auto x = make.conv(make.input({1, 4, 4}), 2, 3, "conv", {1, 1}, {1, 1, 1, 1});
  x = make.add(graph::MaxPool{{1, 2}, {1, 2}}, {x}, "pool");
  make.graph.outputs = {make.dense(make.flatten(x, "flat"), 3, "scores")};
  CompileRequest request;
  request.input.height = request.input.width = 4;
  for (int i = 0; i < 20; ++i) request.calibration.push_back(make.reals(16));
  request.options.most_flips = 1;
  request.options.fit.most_flips = 0.1;
  request.options.sensitivity_inputs = 2;
  request.check = {request.calibration, false};
  const auto output = compile_graph(make.graph, request);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_NE(output->report.notes.front().find("max_pool 'pool' is approximated"), std::string::npos);
  EXPECT_LE(output->report.check->polynomial_flips, 0.1);
  EXPECT_GT(output->report.check->polynomial_error, 0);
  EXPECT_LT(output->report.check->largest_noise, output->report.check->noise_bound);
}

}  // namespace
}  // namespace obscura::compiler::compile
