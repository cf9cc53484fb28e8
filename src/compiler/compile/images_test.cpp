// Programs for several images in one request: every image is computed as alone, whatever stands beside it.
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/compile/compile.hpp"
#include "compiler/compile/observe.hpp"
#include "compiler/graph/interpret.hpp"
#include "compiler/pack/interleave.hpp"
#include "compiler/pack/network_search.hpp"
#include "compiler/passes/graph_maker.hpp"
#include "compiler/simulate/execute.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/verify.hpp"

namespace obscura::compiler::compile {
namespace {

using graph::ValueId;

/// Matrices, a skip, a product and two outputs, as the packer takes them.
graph::Graph branched_network(passes::GraphMaker& make) {
  ValueId x = make.flatten(make.input({1, 5, 5}), "flat");
  const ValueId hidden = make.add(graph::Square{}, {make.dense(x, 12, "hidden")}, "square");
  x = make.add(graph::Add{}, {make.dense(hidden, 12, "mix"), hidden}, "skip");
  x = make.add(graph::Multiply{}, {x, make.dense(hidden, 12, "gate")}, "gated");
  make.graph.outputs = {make.dense(x, 3, "class"), make.dense(x, 5, "box")};
  return make.graph;
}

CompileRequest request_for(passes::GraphMaker& make, int images) {
  CompileRequest request;
  request.input.height = request.input.width = 5;
  for (int i = 0; i < 7; ++i) request.calibration.push_back(make.reals(25));
  request.options.most_flips = 1;
  request.options.images = images;
  return request;
}

TEST(Images, EachIsComputedAsAlone) {
  for (const int images : {1, 2, 3, 8}) {
    SCOPED_TRACE(::testing::Message() << images << " images");
    passes::GraphMaker make(21);
    const graph::Graph network = branched_network(make);
    const CompileRequest request = request_for(make, images);
    const auto output = compile_graph(network, request);
    ASSERT_TRUE(output.has_value()) << output.error().message;
    const auto& [program, weights, labels, ms] = output->plan;
    EXPECT_TRUE(plan::program::verify(program).has_value());
    EXPECT_EQ(program.input_packing.images, images);
    EXPECT_EQ(output->report.images, images);
    for (const std::size_t given : {std::size_t{1}, static_cast<std::size_t>(std::min(images, 7))}) {
      const auto batch = std::span(request.calibration).first(given);
      const auto trace = simulate::execute(program, weights, simulate::pack_inputs(program, batch), {});
      for (std::size_t b = 0; b < given; ++b) {
        const auto scores = simulate::read_scores(program, trace, b);
        const auto expected = graph::interpret(network, batch[b]);
        ASSERT_EQ(scores.size(), expected.size());
        for (std::size_t j = 0; j < scores.size(); ++j) EXPECT_NEAR(scores[j], expected[j], 1e-8) << "image " << b;
      }
    }
  }
}

TEST(Images, ShareDiagonalsAndRotations) {
  passes::GraphMaker make(22);
  const graph::Graph network = branched_network(make);
  CompileRequest request = request_for(make, 4);
  request.options.least_log_n = request.options.most_log_n = 13;
  const auto four = compile_graph(network, request);
  request.options.images = 1;
  const auto one = compile_graph(network, request);
  ASSERT_TRUE(four.has_value() && one.has_value());
  // 1,024 slots are plenty for one such image: nothing is paid for the other three.
  EXPECT_LE(four->plan.program.cost.latency_ms, 1.25 * one->plan.program.cost.latency_ms);
}

pack::PackedNetwork packed_for(const graph::Graph& network, int images) {
  const base::Parallel parallel(1);
  pack::NetworkSearch search(network, 128, parallel);
  const auto found =
      search.run([](std::size_t,
                    const pack::LayerOps& ops) { return ops.terms + 10.0 * (ops.babies + ops.giants + ops.rotations); },
                 {});
  EXPECT_TRUE(found.has_value());
  return pack::interleave(pack::lower(network, found->front(), 8), images);
}

/// What passes make of a random network: nothing but matrices and squares.
graph::Graph packable_network(passes::GraphMaker& make) {
  auto matrix = [&](std::size_t rows, std::size_t columns) {
    graph::SparseMatrix m{rows,
                          columns,
                          {0},
                          {},
                          make.reals(static_cast<std::int64_t>(rows * columns)),
                          make.reals(static_cast<std::int64_t>(rows))};
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) m.col.push_back(static_cast<std::uint32_t>(c));
      m.row_ptr.push_back(m.col.size());
    }
    return graph::Linear{std::move(m), {{static_cast<std::int64_t>(rows)}}};
  };
  const ValueId x = make.add(matrix(20, 30), {make.input({30})}, "first");
  make.graph.outputs = {make.add(matrix(4, 20), {make.add(graph::Square{}, {x}, "square")}, "second")};
  return make.graph;
}

TEST(Images, ThePackingCheckSeesOneThatReachesIntoAnother) {
  passes::GraphMaker make(23);
  const graph::Graph network = packable_network(make);
  const Inputs inputs = {make.reals(30), make.reals(30), make.reals(30)};
  for (const int images : {2, 3, 4}) {
    pack::PackedNetwork packed = packed_for(network, images);
    const auto good = check_packing(network, packed, inputs);
    EXPECT_TRUE(good.has_value()) << good.error().message;
    for (plan::program::Instruction& instruction : packed.program.instructions) {
      auto* linear = std::get_if<plan::program::Linear>(&instruction.operation);
      if (linear == nullptr) continue;
      plan::program::RotationStep& step = linear->steps.back().terms.back().baby;
      step = plan::program::RotationStep(step.value() + 1);
    }
    EXPECT_FALSE(check_packing(network, packed, inputs).has_value()) << images << " images";
  }
}

TEST(Images, AreCheckedSeveralAtATime) {
  passes::GraphMaker make(24);
  const graph::Graph network = branched_network(make);
  CompileRequest request = request_for(make, 3);
  request.check.inputs = request.calibration;
  const auto output = compile_graph(network, request);
  ASSERT_TRUE(output.has_value()) << output.error().message;
  const Check& check = *output->report.check;
  EXPECT_EQ(check.inputs, 7U);
  EXPECT_GT(check.largest_noise, 0);
  EXPECT_LT(check.largest_noise, check.noise_bound);
}

TEST(Images, AnEmptyPlaceCountsAmongTheMagnitudes) {
  passes::GraphMaker make(25);
  const graph::Graph network = packable_network(make);
  const pack::PackedNetwork packed = packed_for(network, 1);
  Observation seen;
  seen.calibration.magnitude.assign(packed.program.instructions.size(), 0);
  observe_zeros(packed, seen);
  const auto scores = graph::interpret(network, std::vector<double>(30));
  double most = 0;
  for (const double score : scores) most = std::max(most, std::abs(score));
  EXPECT_GE(seen.calibration.magnitude.back(), most);
  EXPECT_GT(most, 0) << "the biases alone";
}

TEST(Images, OutOfRangeAreRefused) {
  passes::GraphMaker make(26);
  const graph::Graph network = branched_network(make);
  for (const int images : {0, -1, plan::program::kMaxImages + 1}) {
    const auto refused = compile_graph(network, request_for(make, images));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  }
  CompileRequest request = request_for(make, 1024);
  request.options.most_log_n = 11;
  const auto refused = compile_graph(network, request);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("1024 images"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace obscura::compiler::compile
