#include "compiler/graph/interpret.hpp"

#include <gtest/gtest.h>

namespace obscura::compiler::graph {
namespace {

using Values = std::vector<double>;

Values run(Shape input, Op op, const Values& x) {
  Graph graph;
  const auto in = append(graph, Input{std::move(input)}, {}, "x");
  const auto out = append(graph, std::move(op), {*in}, "y");
  EXPECT_TRUE(out) << (out ? "" : out.error().message);
  if (!out) return {};
  graph.outputs = {*out};
  return interpret(graph, x);
}

// Answers below were worked out by hand.
TEST(Interpret, ConvWithUnevenPadsStridesAndGroups) {
  const Shape in{{1, 3, 3}};
  const Values x{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Tensor kernel{Shape{{1, 1, 2, 2}}, {1, 10, 100, 1000}};
  EXPECT_EQ(run(in, Conv{kernel, {0.5}}, x), (Values{5421.5, 6532.5, 8754.5, 9865.5}));
  EXPECT_EQ(run(in, Conv{kernel, {0}, {2, 2}, {1, 1, 0, 0}}, x), (Values{1000, 3200, 7040, 9865}));
  EXPECT_EQ(run(in, Conv{kernel, {0}, {1, 1}, {0, 0, 0, 0}, {2, 2}}, x), (Values{1 + 30 + 700 + 9000}));
  const Tensor pointwise{Shape{{2, 1, 1, 1}}, {2, 3}};
  EXPECT_EQ(run(Shape{{2, 1, 2}}, Conv{pointwise, {0, 1}, {1, 1}, {0, 0, 0, 0}, {1, 1}, 2}, {1, 2, 3, 4}),
            (Values{2, 4, 10, 13}));
}

TEST(Interpret, AveragePoolCountsPaddingOnRequest) {
  const Values x{1, 2, 3, 4};
  EXPECT_EQ(run(Shape{{1, 2, 2}}, AveragePool{{2, 2}, {2, 2}, {1, 1, 1, 1}, true}, x), (Values{0.25, 0.5, 0.75, 1}));
  EXPECT_EQ(run(Shape{{1, 2, 2}}, AveragePool{{2, 2}, {2, 2}, {1, 1, 1, 1}, false}, x), (Values{1, 2, 3, 4}));
  EXPECT_EQ(run(Shape{{1, 2, 2}}, AveragePool{{2, 2}, {1, 1}, {0, 0, 0, 0}, false}, x), (Values{2.5}));
}

TEST(Interpret, MovingElements) {
  EXPECT_EQ(run(Shape{{1, 2}}, Pad{{1, 0}, {0, 1}, 9.0}, {1, 2}), (Values{9, 9, 9, 1, 2, 9}));
  EXPECT_EQ(run(Shape{{2, 3}}, Transpose{{1, 0}}, {1, 2, 3, 4, 5, 6}), (Values{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(run(Shape{{2, 1, 2}}, Transpose{{1, 2, 0}}, {1, 2, 3, 4}), (Values{1, 3, 2, 4}));
  EXPECT_EQ(run(Shape{{2, 2}}, Reshape{Shape{{4}}}, {1, 2, 3, 4}), (Values{1, 2, 3, 4}));
}

TEST(Interpret, Elementwise) {
  const Shape in{{2, 1, 2}};
  const Values x{1, 2, 3, 4};
  EXPECT_EQ(run(in, Affine{{2}, {1, -1}}, x), (Values{3, 5, 5, 7}));
  EXPECT_EQ(run(in, Affine{{1, 2, 3, 4}, {0}}, x), (Values{1, 4, 9, 16}));
  EXPECT_EQ(run(in, Quadratic{{1, 2}, {1}, {0, 0, 0, 5}}, x), (Values{2, 6, 21, 41}));
  EXPECT_EQ(run(in, Square{}, x), (Values{1, 4, 9, 16}));
  EXPECT_EQ(run(Shape{{2}}, Dense{Tensor{Shape{{3, 2}}, {1, 2, 3, 4, 5, 6}}, {0, 0, 1}}, {1, 10}),
            (Values{21, 43, 66}));
}

// A kernel spread from each element, added up where they meet.
TEST(Interpret, ConvTransposeOverlapsCutsAndExtends) {
  const Shape in{{1, 1, 2}};
  const Tensor kernel{Shape{{1, 1, 1, 3}}, {1, 10, 100}};
  EXPECT_EQ(run(in, ConvTranspose{kernel, {0.5}}, {1, 2}), (Values{1.5, 12.5, 120.5, 200.5}));
  EXPECT_EQ(run(in, ConvTranspose{kernel, {0}, {1, 2}}, {1, 2}), (Values{1, 10, 102, 20, 200}));
  EXPECT_EQ(run(in, ConvTranspose{kernel, {0}, {1, 2}, {0, 1, 0, 2}}, {1, 2}), (Values{10, 102}));
  EXPECT_EQ(run(in, ConvTranspose{kernel, {7}, {1, 2}, {0, 0, 0, 0}, {0, 1}}, {1, 2}),
            (Values{8, 17, 109, 27, 207, 7}));
  EXPECT_EQ(run(in, ConvTranspose{kernel, {0}, {1, 1}, {0, 0, 0, 0}, {0, 0}, {1, 2}}, {1, 2}),
            (Values{1, 2, 10, 20, 100, 200}));
  // Two groups, the second with two results.
  const Tensor pointwise{Shape{{2, 2, 1, 1}}, {1, 2, 3, 4}};
  EXPECT_EQ(run(Shape{{2, 1, 1}}, ConvTranspose{pointwise, {0, 0, 0, 0}, {1, 1}, {}, {}, {1, 1}, 2}, {10, 100}),
            (Values{10, 20, 300, 400}));
  EXPECT_EQ(run(Shape{{2, 1, 1}}, ConvTranspose{pointwise, {0, 0}}, {10, 100}), (Values{310, 420}));
}

TEST(Interpret, SelectingAndReducing) {
  const Values x{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(run(Shape{{2, 3}}, Select{Shape{{2, 2}}, {5, Select::kNone, 0, 0}}, x), (Values{6, 0, 1, 1}));
  EXPECT_EQ(run(Shape{{2, 3}}, Reduce{{0}, false}, x), (Values{5, 7, 9}));
  EXPECT_EQ(run(Shape{{2, 3}}, Reduce{{1}, true}, x), (Values{2, 5}));
  EXPECT_EQ(run(Shape{{2, 3}}, Reduce{{0, 1}, true}, x), (Values{3.5}));
  EXPECT_EQ(run(Shape{{2, 3}}, Reduce{{}, true}, x), x);
}

TEST(Interpret, ConcatAlongEveryDimension) {
  Graph graph;
  const auto x = append(graph, Input{Shape{{2, 2}}}, {}, "x");
  const auto turned = append(graph, Affine{{10.0}, {0.0}}, {*x}, "ten");
  const auto rows = append(graph, Concat{0}, {*x, *turned}, "rows");
  const auto cols = append(graph, Concat{1}, {*x, *turned, *x}, "cols");
  graph.outputs = {*rows, *cols};
  EXPECT_EQ(graph.shape(*rows), (Shape{{4, 2}}));
  EXPECT_EQ(graph.shape(*cols), (Shape{{2, 6}}));
  EXPECT_EQ(interpret(graph, Values{1, 2, 3, 4}),
            (Values{1, 2, 3, 4, 10, 20, 30, 40, 1, 2, 10, 20, 1, 2, 3, 4, 30, 40, 3, 4}));
}

TEST(Interpret, MaxPoolLeavesPaddingOut) {
  const Values x{-1, -2, -3, -4};
  EXPECT_EQ(run(Shape{{1, 2, 2}}, MaxPool{{2, 2}, {2, 2}, {1, 1, 1, 1}}, x), (Values{-1, -2, -3, -4}));
  EXPECT_EQ(run(Shape{{1, 2, 2}}, MaxPool{{2, 2}}, x), (Values{-1}));
  EXPECT_EQ(run(Shape{{1, 1, 4}}, MaxPool{{1, 2}, {1, 1}, {}, {1, 2}}, {3, 1, 2, 9}), (Values{3, 9}));
}

TEST(Interpret, FinalOperators) {
  const Values x{0, 0, 1000, 1000, 1000, -1000};
  EXPECT_EQ(run(Shape{{3, 2}}, Softmax{1}, x), (Values{0.5, 0.5, 0.5, 0.5, 1, 0}));
  EXPECT_EQ(run(Shape{{3, 2}}, Softmax{1, true}, x)[5], -2000);
  EXPECT_EQ(run(Shape{{3, 2}}, Softmax{0}, x), (Values{0, 0, 0.5, 1, 0.5, 0}));
  EXPECT_EQ(run(Shape{{3, 2}}, ArgMax{0}, x), (Values{1, 1}));
  EXPECT_EQ(run(Shape{{3, 2}}, ArgMax{0, true}, x), (Values{2, 1}));
  EXPECT_EQ(run(Shape{{3, 2}}, ArgMax{1, true}, x), (Values{1, 1, 0}));
}

TEST(Interpret, PolynomialsAndActivationsPerChannel) {
  const Shape in{{2, 1, 2}};
  const Values x{1, -2, 3, -4};
  EXPECT_EQ(run(in, Polynomial{{{1}, {0}, {0, 1}, {2}}}, x), (Values{3, -15, 64, -111}));
  EXPECT_EQ(run(in, Activation{ActivationKind::kLeakyRelu, 0, 0, {0.5, 0.25}}, x), (Values{1, -1, 3, -1}));
  EXPECT_EQ(run(in, Activation{ActivationKind::kLeakyRelu, 0, 0, {9, 0.5, 9, 2}}, x), (Values{1, -1, 3, -8}));
  EXPECT_EQ(run(in, Activation{ActivationKind::kRelu}, x), (Values{1, 0, 3, 0}));
}

TEST(Interpret, SeveralOutputsFollowEachOther) {
  Graph graph;
  const auto x = append(graph, Input{Shape{{2}}}, {}, "x");
  const auto square = append(graph, Square{}, {*x}, "s");
  const auto sum = append(graph, Add{}, {*x, *square}, "a");
  const auto product = append(graph, Multiply{}, {*sum, *x}, "m");
  graph.outputs = {*product, *sum};
  EXPECT_EQ(interpret(graph, Values{2, 3}), (Values{12, 36, 6, 12}));
  EXPECT_EQ(interpret_all(graph, Values{2, 3})[1], (Values{4, 9}));
}

}  // namespace
}  // namespace obscura::compiler::graph
