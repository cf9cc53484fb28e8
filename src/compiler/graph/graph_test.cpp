#include "compiler/graph/graph.hpp"

#include <gtest/gtest.h>

#include "compiler/graph/print.hpp"
#include "compiler/graph/verify.hpp"

namespace obscura::compiler::graph {
namespace {

using base::ErrorCode;

Tensor zeros(std::vector<std::int64_t> dims) {
  const Shape shape{std::move(dims)};
  return {shape, std::vector<double>(static_cast<std::size_t>(element_count(shape)))};
}

// The network of CryptoNets, all weights zero.
Graph cryptonets() {
  Graph graph;
  const auto x = append(graph, Input{Shape{{1, 28, 28}}}, {}, "x");
  const auto conv = append(graph, Conv{zeros({5, 1, 5, 5}), std::vector<double>(5), {2, 2}, {1, 1, 0, 0}}, {*x}, "c1");
  const auto square = append(graph, Square{}, {*conv}, "sq1");
  const auto flat = append(graph, Reshape{Shape{{845}}}, {*square}, "flat");
  const auto dense = append(graph, Dense{zeros({100, 845}), std::vector<double>(100)}, {*flat}, "fc1");
  graph.outputs = {*dense};
  return graph;
}

// The error of appending `op` to a graph whose input has this shape.
base::Error refusal(Shape input, Op op) {
  Graph graph;
  const auto x = append(graph, Input{std::move(input)}, {}, "x");
  const auto result = append(graph, std::move(op), {*x}, "n");
  EXPECT_FALSE(result);
  return result ? base::Error{} : result.error();
}

TEST(Graph, PrintsOneLinePerNode) {
  EXPECT_EQ(print(cryptonets()),
            "%0 = input() 'x' : [1, 28, 28]\n"
            "%1 = conv(%0) 'c1' weights [5, 1, 5, 5] strides [2, 2] pads [1, 1, 0, 0] dilations [1, 1] groups 1 : "
            "[5, 13, 13]\n"
            "%2 = square(%1) 'sq1' : [5, 13, 13]\n"
            "%3 = reshape(%2) 'flat' : [845]\n"
            "%4 = dense(%3) 'fc1' weights [100, 845] : [100]\n"
            "output %4\n");
}

TEST(Graph, PrintsParametersOfTheOtherOperators) {
  Graph graph;
  const auto x = append(graph, Input{Shape{{2, 4, 4}}}, {}, "x");
  const auto pad = append(graph, Pad{{0, 1, 0}, {0, 0, 1}, 0.0}, {*x}, "p");
  const auto pool = append(graph, AveragePool{{2, 2}, {1, 1}, {0, 1, 0, 0}, true}, {*pad}, "a");
  const auto turn = append(graph, Transpose{{1, 2, 0}}, {*pool}, "t");
  const auto affine = append(graph, Affine{{1.0}, {1, 2, 3, 4}}, {*turn}, "f");
  const auto quadratic = append(graph, Quadratic{{1.0}, {0.0}, {0.0}}, {*affine}, "q");
  const auto sum = append(graph, Add{}, {*quadratic, *affine}, "s");
  graph.outputs = {*sum, *pool};
  EXPECT_EQ(print(graph),
            "%0 = input() 'x' : [2, 4, 4]\n"
            "%1 = pad(%0) 'p' before [0, 1, 0] after [0, 0, 1] : [2, 5, 5]\n"
            "%2 = average_pool(%1) 'a' kernel [2, 2] strides [1, 1] pads [0, 1, 0, 0] count_include_pad : [2, 4, 5]\n"
            "%3 = transpose(%2) 't' [1, 2, 0] : [4, 5, 2]\n"
            "%4 = affine(%3) 'f' scale scalar, shift per channel : [4, 5, 2]\n"
            "%5 = quadratic(%4) 'q' a scalar, b scalar, c scalar : [4, 5, 2]\n"
            "%6 = add(%5, %4) 's' : [4, 5, 2]\n"
            "output %6, %2\n");
  EXPECT_EQ(count_uses(graph), (std::vector<std::size_t>{1, 1, 2, 1, 2, 1, 1}));
}

TEST(Graph, PrintsTheRemainingOperators) {
  Graph graph;
  const auto x = append(graph, Input{Shape{{2, 2, 2}}}, {}, "x");
  const auto up = append(graph, ConvTranspose{zeros({2, 3, 2, 2}), std::vector<double>(3), {2, 2}}, {*x}, "u");
  const auto pool = append(graph, MaxPool{{2, 2}, {2, 2}}, {*up}, "m");
  const auto act = append(graph, Activation{ActivationKind::kClip, 0.0, 6.0}, {*pool}, "r");
  const auto prelu = append(graph, Activation{ActivationKind::kLeakyRelu, 0, 0, {1, 2, 3}}, {*act}, "l");
  const auto cube = append(graph, Polynomial{{{1}, {0}, {0}, {1}}}, {*prelu}, "p");
  const auto both = append(graph, Concat{0}, {*cube, *x, *act}, "c");
  const auto mean = append(graph, Reduce{{1, 2}, true}, {*both}, "g");
  const auto part = append(graph, Select{Shape{{3}}, {0, 1, Select::kNone}}, {*mean}, "s");
  const auto soft = append(graph, Softmax{0}, {*part}, "f");
  const auto label = append(graph, ArgMax{0, true}, {*part}, "a");
  graph.outputs = {*soft, *label};
  EXPECT_EQ(print(graph),
            "%0 = input() 'x' : [2, 2, 2]\n"
            "%1 = conv_transpose(%0) 'u' weights [2, 3, 2, 2] strides [2, 2] pads [0, 0, 0, 0] output_padding [0, 0] "
            "dilations [1, 1] groups 1 : [3, 4, 4]\n"
            "%2 = max_pool(%1) 'm' kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : [3, 2, 2]\n"
            "%3 = clip(%2) 'r' a 0, b 6 : [3, 2, 2]\n"
            "%4 = leaky_relu(%3) 'l' slope per channel : [3, 2, 2]\n"
            "%5 = polynomial(%4) 'p' degree 3 : [3, 2, 2]\n"
            "%6 = concat(%5, %0, %3) 'c' axis 0 : [8, 2, 2]\n"
            "%7 = reduce_mean(%6) 'g' axes [1, 2] : [8, 1, 1]\n"
            "%8 = select(%7) 's' : [3]\n"
            "%9 = softmax(%8) 'f' axis 0 : [3]\n"
            "%10 = arg_max(%8) 'a' axis 0 last : [1]\n"
            "output %9, %10\n");
}

TEST(Graph, NewOperatorsThatDoNotFitAreRefused) {
  const std::vector<double> bias(3);
  refusal(Shape{{4, 9}}, ConvTranspose{zeros({4, 3, 2, 2}), bias});
  refusal(Shape{{5, 9, 9}}, ConvTranspose{zeros({4, 3, 2, 2}), bias});
  refusal(Shape{{4, 9, 9}}, ConvTranspose{zeros({4, 3, 2, 2}), bias, {1, 1}, {}, {}, {1, 1}, 3});
  refusal(Shape{{4, 1, 1}}, ConvTranspose{zeros({4, 3, 2, 2}), bias, {1, 1}, {1, 0, 1, 0}});
  refusal(Shape{{4, 1, 1}}, ConvTranspose{zeros({4, 3, 2, 2}), bias, {1, 1}, {}, {-1, 0}});
  refusal(Shape{{4, 9}}, Select{Shape{{2}}, {0, 36}});
  refusal(Shape{{4, 9}}, Select{Shape{{2}}, {0, -2}});
  refusal(Shape{{4, 9}}, Select{Shape{{2}}, {0}});
  refusal(Shape{{4, 9}}, Reduce{{2}, true});
  refusal(Shape{{4, 9}}, Reduce{{1, 0}, true});
  refusal(Shape{{4, 9}}, Softmax{2});
  refusal(Shape{{4, 9}}, ArgMax{2});
  refusal(Shape{{1, 9, 9}}, MaxPool{{2, 2}, {1, 1}, {2, 0, 0, 0}});
  refusal(Shape{{1, 9, 9}}, MaxPool{{2, 2}, {1, 1}, {}, {9, 1}});
  refusal(Shape{{4, 9}}, Polynomial{});
  refusal(Shape{{4, 9}}, Polynomial{std::vector<Coefficients>(kMaxDegree + 2, Coefficients{1.0})});
  refusal(Shape{{4, 9}}, Polynomial{{{1.0}, {1.0, 2.0}}});
  refusal(Shape{{4, 9}}, Activation{ActivationKind::kLeakyRelu});
  refusal(Shape{{4, 9}}, Activation{ActivationKind::kRelu, 0, 0, {1.0}});
  refusal(Shape{{4, 9}}, Activation{ActivationKind::kClip, 1.0, 0.0});
  Graph graph;
  const auto x = append(graph, Input{Shape{{2, 3}}}, {}, "x");
  const auto y = append(graph, Reshape{Shape{{3, 2}}}, {*x}, "y");
  EXPECT_FALSE(append(graph, Concat{0}, {*x, *y}, "c"));
  EXPECT_FALSE(append(graph, Concat{2}, {*x}, "c"));
  EXPECT_FALSE(append(graph, Concat{0}, {}, "c"));
  EXPECT_TRUE(append(graph, Concat{0}, {*x}, "c"));
}

TEST(Graph, OperatorsThatDoNotFitAreRefused) {
  EXPECT_EQ(refusal(Shape{{28, 28}}, Conv{zeros({5, 1, 5, 5}), std::vector<double>(5)}).code, ErrorCode::kCorrupt);
  EXPECT_NE(refusal(Shape{{1, 4, 4}}, Conv{zeros({5, 1, 5, 5}), std::vector<double>(5)}).message.find("conv 'n'"),
            std::string::npos);
  refusal(Shape{{2, 9, 9}}, Conv{zeros({5, 1, 5, 5}), std::vector<double>(5)});
  refusal(Shape{{1, 9, 9}}, Conv{zeros({5, 1, 5, 5}), std::vector<double>(4)});
  refusal(Shape{{1, 9, 9}}, Conv{zeros({5, 1, 5, 5}), std::vector<double>(5), {0, 1}});
  refusal(Shape{{1, 9, 9}}, Conv{zeros({5, 1, 5, 5}), std::vector<double>(5), {1, 1}, {-1, 0, 0, 0}});
  refusal(Shape{{1, 9, 9}}, Conv{zeros({5, 1, 5, 5}), std::vector<double>(5), {1, 1}, {0, 0, 0, 0}, {3, 1}});
  refusal(Shape{{4, 9, 9}}, Conv{zeros({6, 2, 3, 3}), std::vector<double>(6), {1, 1}, {0, 0, 0, 0}, {1, 1}, 0});
  refusal(Shape{{9}}, Dense{zeros({2, 8}), std::vector<double>(2)});
  refusal(Shape{{8}}, Dense{zeros({2, 8}), {}});
  refusal(Shape{{8}}, Dense{Tensor{Shape{{2, 8}}, {1.0}}, std::vector<double>(2)});
  refusal(Shape{{1, 9, 9}}, AveragePool{{2, 2}, {1, 1}, {2, 0, 0, 0}, true});
  refusal(Shape{{1, 9, 9}}, AveragePool{{std::int64_t{1} << 40, 2}, {1, 1}, {0, 0, 0, 0}, true});
  refusal(Shape{{1, 9}}, Pad{{0}, {0}, 0.0});
  refusal(Shape{{9}}, Pad{{0}, {-1}, 0.0});
  refusal(Shape{{9}}, Reshape{Shape{{2, 4}}});
  refusal(Shape{{9, 2}}, Transpose{{0, 0}});
  refusal(Shape{{4, 2, 2}}, Affine{{1, 2, 3}, {0}});
  refusal(Shape{{4, 2, 2}}, Quadratic{{1}, {}, {0}});
  refusal(Shape{{4}}, Linear{identity_matrix(3), Shape{{3}}});
}

TEST(Graph, HugeShapesAreRefused) {
  Graph graph;
  for (const auto& dims : std::vector<std::vector<std::int64_t>>{{std::int64_t{1} << 62, 4}, {1 << 14, 1 << 14}}) {
    const auto result = append(graph, Input{Shape{dims}}, {}, "x");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kLimit);
  }
  EXPECT_EQ(append(graph, Input{Shape{std::vector<std::int64_t>(17, 1)}}, {}, "x").error().code, ErrorCode::kLimit);
  EXPECT_EQ(append(graph, Input{Shape{{3, 0}}}, {}, "x").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(refusal(Shape{{1 << 20}}, Pad{{1 << 26}, {0}, 0.0}).code, ErrorCode::kLimit);
}

TEST(Verify, AcceptsASoundGraphAndNamesWhatIsBroken) {
  const Graph good = cryptonets();
  ASSERT_TRUE(verify(good));
  const auto message = [](const Graph& graph) {
    const auto result = verify(graph);
    return result ? std::string("accepted") : result.error().message;
  };
  Graph bad = good;
  bad.nodes[2].operands = {ValueId(3)};
  EXPECT_EQ(message(bad), "graph: %2 square 'sq1': reads a value that is not made before it");
  bad = good;
  bad.nodes[4].shape = Shape{{99}};
  EXPECT_EQ(message(bad), "graph: %4 dense 'fc1': is [100] but says [99]");
  bad = good;
  bad.nodes[2].op = Input{bad.nodes[2].shape};
  bad.nodes[2].operands.clear();
  EXPECT_EQ(message(bad), "graph: %2 input 'sq1': the first node, and only that one, must be the input");
  bad = good;
  bad.nodes[2].operands.push_back(ValueId(0));
  EXPECT_NE(message(bad), "accepted");
  bad = good;
  bad.outputs = {ValueId(17)};
  EXPECT_EQ(message(bad), "graph: unknown output");
  bad = good;
  bad.outputs.clear();
  EXPECT_EQ(message(bad), "graph: no outputs");
  EXPECT_EQ(message(Graph{}), "graph: no nodes");
  bad = good;
  SparseMatrix matrix = identity_matrix(845);
  matrix.col[0] = 845;
  bad.nodes[3].op = Linear{matrix, Shape{{845}}};
  EXPECT_NE(message(bad).find("column index"), std::string::npos);
}

}  // namespace
}  // namespace obscura::compiler::graph
