#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "compiler/compile/compile.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/passes/graph_maker.hpp"
#include "compiler/simulate/execute.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"

/// A random network compiled for several images in one request, run encrypted: every image against the network alone.
namespace obscura::tests::operators {
namespace {

namespace graph = compiler::graph;

graph::Graph random_network(compiler::passes::GraphMaker& make) {
  graph::ValueId x = make.flatten(make.input({1, 5, 5}), "flat");
  x = make.add(graph::Square{}, {make.dense(x, 14, "hidden")}, "square");
  const graph::ValueId wide = make.dense(x, 6, "wide");
  make.graph.outputs = {make.dense(x, 3, "class"), make.add(graph::Square{}, {wide}, "energy")};
  return make.graph;
}

compiler::compile::CompileRequest request_for(compiler::passes::GraphMaker& make, int images) {
  compiler::compile::CompileRequest request;
  request.input.height = request.input.width = 5;
  for (int i = 0; i < 8; ++i) request.calibration.push_back(make.reals(25));
  request.options.most_flips = 1;  // random networks have no margins to speak of
  request.options.images = images;
  return request;
}

/// Runs the first `given` calibration inputs as one request and returns the largest error of any of their scores.
double largest_error(Owner& owner, const graph::Graph& network, std::span<const std::vector<double>> given) {
  const plan::program::Program& program = owner.plan().program;
  const auto executor =
      runtime::exec::Executor::create(owner.engine().context(), program, owner.engine().keys()).value();
  LoadedWeights weights = owner.loaded_weights();
  const auto results = executor.run(owner.encrypt(compiler::simulate::pack_inputs(program, given)), weights).value();
  compiler::simulate::Trace trace(program.instructions.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    trace[static_cast<std::size_t>(program.results[i].value())] = owner.engine().decrypt(results[i]);
  }
  double most = 0;
  for (std::size_t b = 0; b < given.size(); ++b) {
    const auto scores = compiler::simulate::read_scores(program, trace, b);
    const auto expected = graph::interpret(network, given[b]);
    EXPECT_EQ(scores.size(), expected.size());
    for (std::size_t j = 0; j < scores.size(); ++j) most = std::max(most, std::abs(scores[j] - expected[j]));
  }
  return most;
}

TEST(EncryptedImages, StayWithinTheStatedErrorEachByItself) {
  for (const int images : {2, 3, 4}) {
    SCOPED_TRACE(::testing::Message() << images << " images");
    compiler::passes::GraphMaker make(31);
    const graph::Graph network = random_network(make);
    const auto request = request_for(make, images);
    auto compiled = compiler::compile::compile_graph(network, request);
    ASSERT_TRUE(compiled.has_value()) << compiled.error().message;
    Owner owner(std::move(compiled->plan), 5);
    const double bound = owner.plan().program.error.score_error_bound;
    for (const std::size_t given : {static_cast<std::size_t>(images), std::size_t{1}}) {
      const double error = largest_error(owner, network, std::span(request.calibration).first(given));
      EXPECT_LT(error, bound);
      EXPECT_GT(error, 0) << "nothing was encrypted";
    }
  }
}

}  // namespace
}  // namespace obscura::tests::operators
