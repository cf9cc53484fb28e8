#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/graph/shape.hpp"
#include "compiler/graph/sparse_matrix.hpp"

namespace obscura::compiler::graph {

/// {rows, columns} of a two-dimensional window.
using Extent2 = std::array<std::int64_t, 2>;
/// Zero rows and columns added {top, left, bottom, right}; uneven ones are allowed.
using Padding2 = std::array<std::int64_t, 4>;

/// Factors of an elementwise operator on a shape: one for all elements, one per channel (first
/// dimension), or one per element. The number of values says which.
using Coefficients = std::vector<double>;

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

/// x^2 per element.
struct Square {};

/// Sum of two values of one shape.
struct Add {};

/// Elementwise product of two values of one shape.
struct Multiply {};

using Op = std::variant<Input, Conv, Dense, AveragePool, Pad, Reshape, Transpose, Affine, Linear, Quadratic, Square,
                        Add, Multiply>;

/// Lower-case name for messages and listings: "conv", "average_pool".
[[nodiscard]] std::string_view op_name(const Op& op);

/// Whether the operator is one matrix and one bias on one operand.
[[nodiscard]] bool is_linear(const Op& op);

/// Number of values the operator reads: 0, 1 or 2.
[[nodiscard]] std::size_t operand_count(const Op& op);

/// The coefficient of element `element` of a tensor of that shape.
[[nodiscard]] double coefficient_at(const Coefficients& coefficients, const Shape& shape, std::size_t element);

/// The same coefficients for every element of the shape: [element_count].
[[nodiscard]] Coefficients expand(const Coefficients& coefficients, const Shape& shape);

/// Whether there are 1, channel_count or element_count coefficients.
[[nodiscard]] bool fits(const Coefficients& coefficients, const Shape& shape);

}  // namespace obscura::compiler::graph
