#include "compiler/graph/linear_rows.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "compiler/graph/interpret.hpp"

namespace obscura::compiler::graph {
namespace {

class LinearRows : public ::testing::Test {
 protected:
  double real() { return std::uniform_real_distribution<double>(-1.0, 1.0)(random_); }
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  std::vector<double> reals(std::int64_t count) {
    std::vector<double> result(static_cast<std::size_t>(count));
    for (double& value : result) value = real();
    return result;
  }
  Tensor tensor(std::vector<std::int64_t> dims) {
    const Shape shape{std::move(dims)};
    return {shape, reals(element_count(shape))};
  }

  // The matrix gives what the interpreter gives, and has at most the expected number of entries.
  SparseMatrix check(const Shape& in, Op op) {
    Graph graph;
    const auto x = append(graph, Input{in}, {}, "x");
    const auto y = append(graph, std::move(op), {*x}, "y");
    if (!y) {
      ADD_FAILURE() << y.error().message;
      return {};
    }
    graph.outputs = {*y};
    const auto matrix = as_sparse_matrix(graph, *y);
    if (!matrix) {
      ADD_FAILURE() << matrix.error().message;
      return {};
    }
    EXPECT_TRUE(check_matrix(*matrix));
    const auto input = reals(element_count(in));
    const auto expected = interpret(graph, input);
    const auto actual = evaluate(*matrix, input);
    EXPECT_EQ(actual.size(), expected.size());
    // Sums of up to a few hundred products below 1 in another order: 300^2 * 2^-53.
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-11);
    return *matrix;
  }

  std::mt19937_64 random_{20240607};
};

TEST_F(LinearRows, ConvolutionsOfEveryKind) {
  for (int trial = 0; trial < 200; ++trial) {
    SCOPED_TRACE(trial);
    const std::int64_t groups = pick(1, 3);
    const Shape in{{groups * pick(1, 2), pick(5, 9), pick(5, 9)}};
    Conv op;
    const std::int64_t out = groups * pick(1, 3);
    op.weights = tensor({out, in.dims[0] / groups, pick(1, 3), pick(1, 3)});
    op.bias = reals(out);
    op.strides = {pick(1, 3), pick(1, 3)};
    op.pads = {pick(0, 3), pick(0, 3), pick(0, 3), pick(0, 3)};
    op.dilations = {pick(1, 2), pick(1, 2)};
    op.groups = groups;
    check(in, op);
  }
}

TEST_F(LinearRows, PoolsOfEveryKind) {
  for (int trial = 0; trial < 100; ++trial) {
    SCOPED_TRACE(trial);
    AveragePool op;
    op.kernel = {pick(1, 4), pick(1, 4)};
    op.strides = {pick(1, 3), pick(1, 3)};
    op.pads = {pick(0, op.kernel[0] - 1), pick(0, op.kernel[1] - 1), pick(0, op.kernel[0] - 1),
               pick(0, op.kernel[1] - 1)};
    op.count_include_pad = trial % 2 == 0;
    check(Shape{{pick(1, 3), pick(4, 8), pick(4, 8)}}, op);
  }
}

TEST_F(LinearRows, TransposedConvolutionsOfEveryKind) {
  for (int trial = 0; trial < 200; ++trial) {
    SCOPED_TRACE(trial);
    ConvTranspose op;
    op.groups = pick(1, 3);
    const Shape in{{op.groups * pick(1, 2), pick(2, 5), pick(2, 5)}};
    op.weights = tensor({in.dims[0], pick(1, 3), pick(1, 3), pick(1, 3)});
    op.bias = reals(op.groups * op.weights.shape.dims[1]);
    op.strides = {pick(1, 3), pick(1, 3)};
    op.dilations = {pick(1, 2), pick(1, 2)};
    op.output_padding = {pick(1, 2), pick(1, 2)};
    op.pads = {pick(0, 1), pick(0, 1), pick(0, 1), pick(0, 1)};
    check(in, op);
  }
}

// The transpose of a convolution's matrix is the transposed convolution's.
TEST_F(LinearRows, ConvTransposeIsTheTransposeOfConv) {
  const Conv conv{tensor({3, 2, 2, 3}), std::vector<double>(3), {2, 1}, {1, 0, 0, 1}};
  const Shape image{{2, 5, 4}};
  const SparseMatrix forward = check(image, conv);
  const ConvTranspose back{conv.weights, std::vector<double>(2), conv.strides, conv.pads};
  const SparseMatrix backward = check(Shape{{3, 3, 3}}, back);
  ASSERT_EQ(backward.rows, forward.cols);
  ASSERT_EQ(backward.cols, forward.rows);
  EXPECT_EQ(backward.entries(), forward.entries());
  const auto x = reals(static_cast<std::int64_t>(forward.cols));
  const auto y = reals(static_cast<std::int64_t>(forward.rows));
  const auto ax = evaluate(forward, x);
  const auto ay = evaluate(backward, y);
  // <A x, y> = <x, A' y>; sums of fewer than 300 products below 1.
  EXPECT_NEAR(std::inner_product(ax.begin(), ax.end(), y.begin(), 0.0),
              std::inner_product(x.begin(), x.end(), ay.begin(), 0.0), 1e-11);
}

TEST_F(LinearRows, JoinsHaveOneMatrixPerOperand) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Graph graph;
    const Shape shape{{2, 3, 2}};
    const auto x = append(graph, Input{shape}, {}, "x");
    const auto y = append(graph, Affine{{-2.0}, {1.0}}, {*x}, "y");
    const auto joined = append(graph, Concat{axis}, {*x, *y, *x}, "joined");
    const auto sum = append(graph, Add{}, {*x, *y}, "sum");
    graph.outputs = {*joined, *sum};
    const auto values = interpret_all(graph, reals(12));
    for (const ValueId id : graph.outputs) {
      std::vector<double> total(values[id.value()].size(), 0.0);
      for (std::size_t i = 0; i < graph.node(id).operands.size(); ++i) {
        const auto matrix = as_sparse_matrix(graph, id, i);
        ASSERT_TRUE(matrix && check_matrix(*matrix));
        const auto part = evaluate(*matrix, values[graph.node(id).operands[i].value()]);
        for (std::size_t e = 0; e < total.size(); ++e) total[e] += part[e];
      }
      EXPECT_EQ(total, values[id.value()]);
    }
  }
}

TEST_F(LinearRows, TheOthers) {
  check(Shape{{12}}, Dense{tensor({7, 12}), reals(7)});
  check(Shape{{2, 3, 4}}, Pad{{1, 0, 2}, {0, 3, 1}, 0.0});
  check(Shape{{2, 3, 4}}, Pad{{0, 1, 1}, {0, 1, 1}, -0.75});
  check(Shape{{2, 3, 4}}, Reshape{Shape{{24}}});
  check(Shape{{2, 3, 4}}, Transpose{{2, 0, 1}});
  check(Shape{{2, 3, 4}}, Affine{reals(2), reals(24)});
  check(Shape{{2, 3, 4}}, Affine{reals(1), reals(1)});
  check(Shape{{2, 3, 4}}, Reduce{{0, 2}, true});
  check(Shape{{2, 3, 4}}, Reduce{{1}, false});
  check(Shape{{2, 3}}, Select{Shape{{7}}, {5, Select::kNone, 0, 0, 3, 4, Select::kNone}});
  check(Shape{{2, 3}}, Linear{identity_matrix(6), Shape{{3, 2}}});
}

// The pattern says nothing about the weights: all zero or not, it is the same.
TEST_F(LinearRows, PatternDoesNotDependOnValues) {
  const Shape in{{2, 6, 6}};
  Conv op{tensor({3, 2, 3, 3}), reals(3), {2, 2}, {1, 1, 0, 0}};
  const SparseMatrix full = check(in, op);
  std::fill(op.weights.values.begin(), op.weights.values.end(), 0.0);
  const SparseMatrix pruned = check(in, op);
  EXPECT_EQ(full.col, pruned.col);
  EXPECT_EQ(full.row_ptr, pruned.row_ptr);
  EXPECT_EQ(check(Shape{{5}}, Dense{Tensor{Shape{{4, 5}}, std::vector<double>(20)}, reals(4)}).entries(), 20U);
}

TEST_F(LinearRows, TheFirstLayerOfCryptoNets) {
  const SparseMatrix matrix = check(Shape{{1, 28, 28}}, Conv{tensor({5, 1, 5, 5}), reals(5), {2, 2}, {1, 1, 0, 0}});
  EXPECT_EQ(matrix.rows, 845U);
  EXPECT_EQ(matrix.cols, 784U);
  // 13 windows of 5 along each axis, of which the first lacks one row.
  EXPECT_EQ(matrix.entries(), 5U * 64U * 64U);
}

TEST_F(LinearRows, RefusesSquaresAndOversizedMatrices) {
  Graph graph;
  const auto x = append(graph, Input{Shape{{64, 224, 224}}}, {}, "x");
  const auto square = append(graph, Square{}, {*x}, "s");
  const auto conv = append(graph, Conv{tensor({64, 64, 3, 3}), reals(64), {1, 1}, {1, 1, 1, 1}}, {*square}, "c");
  ASSERT_TRUE(conv);
  EXPECT_EQ(as_sparse_matrix(graph, *square).error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(as_sparse_matrix(graph, *conv).error().code, base::ErrorCode::kLimit);
}

}  // namespace
}  // namespace obscura::compiler::graph
