#include "compiler/passes/fuse_linear.hpp"

#include <gtest/gtest.h>

#include "compiler/graph/print.hpp"
#include "compiler/passes/graph_maker.hpp"

namespace obscura::compiler::passes {
namespace {

constexpr double kTerms = 1e5;

TEST(FuseLinear, ChainsBecomeOneMatrix) {
  GraphMaker make(1);
  auto x = make.input({1, 6, 6});
  x = make.add(graph::Pad{{0, 1, 1}, {0, 0, 0}, 0.25}, {x}, "pad");
  x = make.conv(x, 2, 2, "conv");
  x = make.add(graph::AveragePool{{2, 2}, {2, 2}}, {x}, "pool");
  x = make.add(graph::Square{}, {x}, "sq");
  x = make.add(graph::Affine{make.reals(2), make.reals(18)}, {x}, "affine");
  x = make.flatten(make.add(graph::Transpose{{1, 2, 0}}, {x}, "turn"), "flat");
  x = make.dense(x, 4, "fc");
  make.graph.outputs = {x};
  Notes notes;
  EXPECT_EQ(graph::print(run_checked(fuse_linear, make.graph, kTerms, &notes)),
            "%0 = input() 'x' : [1, 6, 6]\n"
            "%1 = linear(%0) 'pad+conv+pool' 18x36, 128 entries : [2, 3, 3]\n"
            "%2 = square(%1) 'sq' : [2, 3, 3]\n"
            "%3 = linear(%2) 'affine+turn+flat+fc' 4x18, 72 entries : [4]\n"
            "output %3\n");
  EXPECT_EQ(notes.front(), "'pad' and 'conv' are one matrix: 324 weights became 242, one level less");
}

// A zero weight keeps its place: pruning must not show in the pattern.
TEST(FuseLinear, PatternDoesNotDependOnValues) {
  GraphMaker make(2);
  auto x = make.conv(make.input({1, 6, 6}), 2, 3, "conv");
  x = make.dense(make.flatten(x, "flat"), 3, "fc");
  make.graph.outputs = {x};
  graph::Graph pruned = make.graph;
  for (double& weight : std::get<graph::Conv>(pruned.nodes[1].op).weights.values) weight = 0.0;
  for (double& weight : std::get<graph::Dense>(pruned.nodes[3].op).weights.values) weight = 0.0;
  EXPECT_EQ(graph::print(run_checked(fuse_linear, pruned, kTerms)),
            graph::print(run_checked(fuse_linear, make.graph, kTerms)));
}

TEST(FuseLinear, StopsAtValuesThatOthersRead) {
  GraphMaker make(3);
  const auto one = make.dense(make.input({4}), 4, "one");
  const auto two = make.dense(one, 4, "two");
  make.graph.outputs = {make.add(graph::Add{}, {two, one}, "skip")};
  const auto result = run_checked(fuse_linear, make.graph, kTerms);
  EXPECT_EQ(graph::print(result),
            "%0 = input() 'x' : [4]\n"
            "%1 = linear(%0) 'one' 4x4, 16 entries : [4]\n"
            "%2 = linear(%1) 'two' 4x4, 16 entries : [4]\n"
            "%3 = add(%2, %1) 'skip' : [4]\n"
            "output %3\n");
}

TEST(FuseLinear, RefusesAMatrixThatIsTooLarge) {
  GraphMaker make(4);
  auto x = make.input({9000});
  x = make.dense(make.dense(x, 1, "narrow"), 9000, "wide");
  make.graph.outputs = {x};
  Notes notes;
  const auto result = fuse_linear(make.graph, notes);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kLimit);
}

TEST(FuseLinear, AShiftBetweenProductsStaysAShift) {
  GraphMaker make(17);
  const auto fc = make.dense(make.input({4}), 3, "fc");
  const auto square = make.add(graph::Square{}, {fc}, "square");
  const auto shift = make.add(graph::Affine{{1.0}, {0.5}}, {square}, "shift");
  make.graph.outputs = {make.add(graph::Multiply{}, {shift, fc}, "product")};
  const graph::Graph result = run_checked(fuse_linear, make.graph, 1e3);
  EXPECT_EQ(std::count_if(result.nodes.begin(), result.nodes.end(),
                          [](const graph::Node& node) { return std::holds_alternative<graph::Affine>(node.op); }),
            1);
}

TEST(FuseLinear, AMatrixTakesAShiftThatNothingElseReads) {
  GraphMaker make(18);
  const auto square = make.add(graph::Square{}, {make.input({2, 3})}, "square");
  const auto shift = make.add(graph::Affine{{1.0}, make.reals(2)}, {square}, "shift");
  make.graph.outputs = {make.dense(make.flatten(shift, "flat"), 3, "fc")};
  EXPECT_EQ(graph::print(run_checked(fuse_linear, make.graph, 1e3)),
            "%0 = input() 'x' : [2, 3]\n"
            "%1 = square(%0) 'square' : [2, 3]\n"
            "%2 = linear(%1) 'flat+fc' 3x6, 18 entries : [3]\n"
            "output %2\n");
  // With two readers it stays.
  make.graph.outputs.push_back(shift);
  EXPECT_EQ(run_checked(fuse_linear, make.graph, 1e3).nodes.size(), 4U);
}

TEST(FuseLinear, ConcatsAreSumsOfMatrices) {
  GraphMaker make(19);
  const auto x = make.input({2, 3, 3});
  const auto square = make.add(graph::Square{}, {x}, "square");
  const auto shift =
      make.add(graph::Affine{{1.0}, make.reals(2)}, {make.add(graph::Square{}, {square}, "fourth")}, "s");
  const auto joined = make.add(graph::Concat{0}, {square, shift, make.conv(x, 1, 1, "conv")}, "cat");
  make.graph.outputs = {make.add(graph::Square{}, {joined}, "end")};
  EXPECT_EQ(graph::print(run_checked(fuse_linear, make.graph, 1e3)),
            "%0 = input() 'x' : [2, 3, 3]\n"
            "%1 = square(%0) 'square' : [2, 3, 3]\n"
            "%2 = square(%1) 'fourth' : [2, 3, 3]\n"
            "%3 = linear(%0) 'conv+cat' 45x18, 18 entries : [5, 3, 3]\n"
            "%4 = linear(%1) 'cat.0' 45x18, 18 entries : [5, 3, 3]\n"
            "%5 = linear(%2) 'cat.1' 45x18, 18 entries : [5, 3, 3]\n"
            "%6 = add(%4, %5) 'cat' : [5, 3, 3]\n"
            "%7 = add(%6, %3) 'cat' : [5, 3, 3]\n"
            "%8 = square(%7) 'end' : [5, 3, 3]\n"
            "output %8\n");
}

TEST(FuseLinear, WhatReadsAConcatGoesIntoItsMatrices) {
  GraphMaker make(20);
  const auto x = make.input({2, 3, 3});
  const auto square = make.add(graph::Square{}, {x}, "square");
  const auto inner = make.add(graph::Concat{0}, {make.conv(x, 2, 1, "conv"), square}, "in");
  const auto joined = make.add(graph::Concat{1}, {inner, make.conv(square, 4, 1, "more")}, "out");
  make.graph.outputs = {make.dense(make.flatten(joined, "flat"), 3, "fc")};
  EXPECT_EQ(graph::print(run_checked(fuse_linear, make.graph, kTerms)),
            "%0 = input() 'x' : [2, 3, 3]\n"
            "%1 = square(%0) 'square' : [2, 3, 3]\n"
            "%2 = linear(%0) 'conv+in+out+flat+fc' 3x18, 54 entries : [3]\n"
            "%3 = linear(%1) 'in.1+out+flat+fc' 3x18, 54 entries : [3]\n"
            "%4 = add(%2, %3) 'out+flat+fc' : [3]\n"
            "output %4\n");
}

TEST(FuseLinear, BranchesOfOneValueAreOneMatrix) {
  GraphMaker make(21);
  const auto x = make.input({2, 3, 3});
  const auto joined = make.add(
      graph::Concat{0}, {make.conv(x, 1, 1, "one"), x, make.conv(x, 1, 3, "three", {1, 1}, {1, 1, 1, 1}), x}, "cat");
  make.graph.outputs = {make.add(graph::Square{}, {joined}, "end")};
  EXPECT_EQ(graph::print(run_checked(fuse_linear, make.graph, kTerms)),
            "%0 = input() 'x' : [2, 3, 3]\n"
            "%1 = linear(%0) 'one+cat' 54x18, 152 entries : [6, 3, 3]\n"
            "%2 = square(%1) 'end' : [6, 3, 3]\n"
            "output %2\n");
}

}  // namespace
}  // namespace obscura::compiler::passes
