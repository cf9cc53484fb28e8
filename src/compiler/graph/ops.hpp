#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/graph/activation.hpp"
#include "compiler/graph/coefficients.hpp"
#include "compiler/graph/shape.hpp"
#include "compiler/graph/sparse_matrix.hpp"

namespace obscura::compiler::graph {

/// {rows, columns} of a two-dimensional window.
using Extent2 = std::array<std::int64_t, 2>;
/// Zero rows and columns added {top, left, bottom, right}; uneven ones are allowed.
using Padding2 = std::array<std::int64_t, 4>;

/// The graph's only source of data.
struct Input {
  Shape shape;
};

/// Two-dimensional cross-correlation of a {channels, height, width} tensor.
struct Conv {
  Tensor weights;            ///< [out][in / groups][kernel rows][kernel columns]
  std::vector<double> bias;  ///< [out]
  Extent2 strides{1, 1};
  Padding2 pads{0, 0, 0, 0};
  Extent2 dilations{1, 1};
  std::int64_t groups = 1;
};

/// The transpose of a Conv: every element of a {channels, height, width} tensor adds its weighted
/// kernel to the result, `strides` apart. An axis of n elements becomes (n - 1) * stride +
/// (kernel - 1) * dilation + 1 + output_padding - both pads.
struct ConvTranspose {
  Tensor weights;            ///< [in][out / groups][kernel rows][kernel columns]
  std::vector<double> bias;  ///< [out]
  Extent2 strides{1, 1};
  Padding2 pads{0, 0, 0, 0};     ///< rows and columns cut off {top, left, bottom, right}
  Extent2 output_padding{0, 0};  ///< rows and columns added below and right, which hold the bias alone
  Extent2 dilations{1, 1};
  std::int64_t groups = 1;
};

/// A full matrix on a vector.
struct Dense {
  Tensor weights;            ///< [out][in]
  std::vector<double> bias;  ///< [out]
};

/// Mean over windows of a {channels, height, width} tensor. Padded elements are zeros; whether they
/// count in the divisor is `count_include_pad`. Every pad is below the kernel's extent.
struct AveragePool {
  Extent2 kernel{1, 1};
  Extent2 strides{1, 1};
  Padding2 pads{0, 0, 0, 0};
  bool count_include_pad = false;
};

/// `before[d]` and `after[d]` elements of `value` added along dimension d; none negative.
struct Pad {
  std::vector<std::int64_t> before;
  std::vector<std::int64_t> after;
  double value = 0.0;
};

/// The same elements in the same order under another shape (flatten, squeeze and unsqueeze too).
struct Reshape {
  Shape shape;
};

/// Dimension d of the result is dimension permutation[d] of the operand.
struct Transpose {
  std::vector<std::int64_t> permutation;
};

/// Any number of operands one after the other along a dimension; they agree in all others.
struct Concat {
  std::size_t axis = 0;
};

/// Element i of the result is element source[i] of the operand, or 0 where source[i] is kNone: slices,
/// splits, nearest-neighbour resizing, broadcasting, and padding by zeros or by repetition.
struct Select {
  static constexpr std::int64_t kNone = -1;
  Shape shape;                       ///< of the result
  std::vector<std::int64_t> source;  ///< [elements of shape]
};

/// Sum or mean over some dimensions, which stay with extent 1.
struct Reduce {
  std::vector<std::size_t> axes;  ///< ascending
  bool mean = false;
};

/// scale * x + shift. Batch normalisation, and addition of or multiplication by constants.
struct Affine {
  Coefficients scale;
  Coefficients shift;
};

/// Any linear map with a constant added; what the packer is given in the end.
struct Linear {
  SparseMatrix matrix;
  Shape shape;  ///< of the result
};

/// a x^2 + b x + c per element.
struct Quadratic {
  Coefficients a;
  Coefficients b;
  Coefficients c;
};

/// coefficients[0] + coefficients[1] x + coefficients[2] x^2 + ... per element. For degrees above 2.
struct Polynomial {
  std::vector<Coefficients> coefficients;  ///< [degree + 1]
};

/// x^2 per element.
struct Square {};

/// The same values, with levels won back: read at level `from`, left at level `to`. None is above 2^log2_range in
/// magnitude. Where they go is chosen last (compile/place_bootstraps.hpp).
struct Bootstrap {
  int from = 0;
  int to = 0;
  int log2_range = 0;
};

/// Sum of two values of one shape.
struct Add {};

/// Elementwise product of two values of one shape.
struct Multiply {};

/// Largest element of each window of a {channels, height, width} tensor; padded elements do not count.
/// Every pad is below the reach of a window, (kernel - 1) * dilation + 1.
struct MaxPool {
  Extent2 kernel{1, 1};
  Extent2 strides{1, 1};
  Padding2 pads{0, 0, 0, 0};
  Extent2 dilations{1, 1};
};

/// exp(x) over the sum of exp(x) along a dimension, or the logarithm of that. Only at the end of a
/// network, where whoever holds the key computes it: final_ops.hpp.
struct Softmax {
  std::size_t axis = 0;
  bool log = false;
};

/// Index of the largest element along a dimension, which stays with extent 1; of equal ones the first
/// or the last. Only at the end of a network, like Softmax.
struct ArgMax {
  std::size_t axis = 0;
  bool last = false;
};

using Op = std::variant<Input, Conv, ConvTranspose, Dense, AveragePool, Pad, Reshape, Transpose, Concat, Select, Reduce,
                        Affine, Linear, Quadratic, Polynomial, Square, Bootstrap, Activation, Add, Multiply, MaxPool,
                        Softmax, ArgMax>;

/// Highest degree of a Polynomial.
inline constexpr std::size_t kMaxDegree = 63;

/// Lower-case name for messages and listings: "conv", "average_pool".
[[nodiscard]] std::string_view op_name(const Op& op);

/// Whether the operator is one matrix and one bias on one operand.
[[nodiscard]] bool is_linear(const Op& op);

/// Whether it adds constants and multiplies by the one factor 1: that costs no level of a ciphertext.
[[nodiscard]] bool only_shifts(const Affine& affine);

/// Whether the operator joins several operands by one matrix each: Add and Concat.
[[nodiscard]] bool is_join(const Op& op);

/// Stands for "one or more" in operand_count().
inline constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

/// Number of values the operator reads: 0, 1, 2 or kAnyNumber.
[[nodiscard]] std::size_t operand_count(const Op& op);

}  // namespace obscura::compiler::graph
