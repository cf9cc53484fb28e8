#include <gtest/gtest.h>

#include "compiler/compile/compile.hpp"
#include "compiler/pack/network_packing.hpp"
#include "compiler/passes/graph_maker.hpp"

// What the packer cannot take is named, with what to do about it.

namespace obscura::compiler::compile {
namespace {

base::Error refusal(graph::Op op, std::vector<std::int64_t> dims = {1, 4, 4}) {
  passes::GraphMaker make(1);
  make.graph.outputs = {make.add(std::move(op), {make.input(std::move(dims))}, "node7")};
  const auto checked = pack::check_packable(make.graph);
  EXPECT_FALSE(checked);
  return checked ? base::Error{} : checked.error();
}

TEST(Refusals, NameTheNodeAndWhatToDo) {
  const base::Error pool = refusal(graph::MaxPool{{2, 2}, {2, 2}});
  EXPECT_EQ(pool.code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(pool.message, "node 'node7' (max_pool) takes the largest of several values, which ciphertexts cannot");
  EXPECT_EQ(pool.hint, "do not skip the pass approximate_maxpool, or use average pooling and train again");
  EXPECT_EQ(refusal(graph::Softmax{0}, {4}).message,
            "node 'node7' (softmax) is computed by the key holder and can only stand at the end of the network");
  const base::Error relu = refusal(graph::Activation{graph::ActivationKind::kRelu});
  EXPECT_EQ(relu.message, "node 'node7' (relu) is no polynomial, and ciphertexts can only be added and multiplied");
  EXPECT_EQ(relu.hint, "do not skip the pass fit_activations");
  EXPECT_EQ(refusal(graph::Quadratic{{1}, {1}, {0}}).hint, "do not skip the pass complete_square");
  EXPECT_EQ(refusal(graph::Polynomial{{{0}, {1}, {0}, {1}}}).hint, "do not skip the pass fit_activations");
  EXPECT_EQ(refusal(graph::Affine{{2}, {0}}).hint, "do not skip the passes fold_affine and fuse_linear");
}

TEST(Refusals, ASkippedPassIsNamed) {
  passes::GraphMaker make(2);
  const auto x = make.dense(make.flatten(make.input({1, 2, 2}), "flat"), 3, "dense");
  make.graph.outputs = {make.add(graph::Activation{graph::ActivationKind::kTanh}, {x}, "squash")};
  CompileRequest request;
  request.input.height = request.input.width = 2;
  request.calibration = {make.reals(4), make.reals(4)};
  request.options.skip_passes = {"fit_activations"};
  const auto output = compile_graph(make.graph, request);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message,
            "node 'squash' (tanh) is no polynomial, and ciphertexts can only be added and multiplied");
}

}  // namespace
}  // namespace obscura::compiler::compile
