#include "compiler/graph/infer_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace obscura::compiler::graph {
namespace {

using base::Result;

// Far above any real window, and small enough that sums and products of two stay exact.
constexpr std::int64_t kMaxWindow = std::int64_t{1} << 20;

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::kCorrupt, std::move(message), "check how the model was exported");
}

Result<void> require_rank(const Shape& shape, std::size_t rank) {
  if (shape.rank() == rank) return {};
  return refuse(fmt::format("needs an operand of {} dimensions, got {}", rank, to_string(shape)));
}

struct Window {
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t dilation;
  std::int64_t before;
  std::int64_t after;
};

Result<std::int64_t> windows_along(std::int64_t length, const Window& window) {
  if (window.kernel < 1 || window.stride < 1 || window.dilation < 1 || window.before < 0 || window.after < 0) {
    return refuse("kernel, stride and dilation must be at least 1 and padding at least 0");
  }
  if (std::max({window.kernel, window.stride, window.dilation, window.before, window.after}) > kMaxWindow) {
    return refuse(fmt::format("kernel, stride, dilation or padding is above {}", kMaxWindow));
  }
  const std::int64_t reach = (window.kernel - 1) * window.dilation + 1;
  const std::int64_t padded = length + window.before + window.after;
  if (reach > padded) {
    return refuse(fmt::format("a window over {} elements does not fit the padded extent {}", reach, padded));
  }
  return (padded - reach) / window.stride + 1;
}

struct Infer {
  std::span<const Shape> operands;

  Result<Shape> operator()(const Input& op) const { return op.shape; }

  Result<Shape> operator()(const Conv& op) const {
    const Shape& x = operands[0];
    OBSCURA_TRY_VOID(require_rank(x, 3));
    OBSCURA_TRY_VOID(check_constant(op.weights, 4));
    const auto& w = op.weights.shape.dims;
    if (op.groups < 1 || x.dims[0] % op.groups != 0 || w[0] % op.groups != 0 || x.dims[0] / op.groups != w[1]) {
      return refuse(fmt::format("weights {} with {} groups do not fit an operand {}", to_string(op.weights.shape),
                                op.groups, to_string(x)));
    }
    OBSCURA_TRY_VOID(check_bias(op.bias, w[0]));
    OBSCURA_TRY(const auto rows,
                windows_along(x.dims[1], {w[2], op.strides[0], op.dilations[0], op.pads[0], op.pads[2]}));
    OBSCURA_TRY(const auto cols,
                windows_along(x.dims[2], {w[3], op.strides[1], op.dilations[1], op.pads[1], op.pads[3]}));
    return Shape{{w[0], rows, cols}};
  }

  Result<Shape> operator()(const Dense& op) const {
    OBSCURA_TRY_VOID(require_rank(operands[0], 1));
    OBSCURA_TRY_VOID(check_constant(op.weights, 2));
    const auto& w = op.weights.shape.dims;
    if (w[1] != operands[0].dims[0]) {
      return refuse(fmt::format("weights for {} inputs on an operand {}", w[1], to_string(operands[0])));
    }
    OBSCURA_TRY_VOID(check_bias(op.bias, w[0]));
    return Shape{{w[0]}};
  }

  Result<Shape> operator()(const AveragePool& op) const {
    const Shape& x = operands[0];
    OBSCURA_TRY_VOID(require_rank(x, 3));
    if (std::max(op.pads[0], op.pads[2]) >= op.kernel[0] || std::max(op.pads[1], op.pads[3]) >= op.kernel[1]) {
      return refuse("padding is not below the kernel, so a window could be empty");
    }
    OBSCURA_TRY(const auto rows, windows_along(x.dims[1], {op.kernel[0], op.strides[0], 1, op.pads[0], op.pads[2]}));
    OBSCURA_TRY(const auto cols, windows_along(x.dims[2], {op.kernel[1], op.strides[1], 1, op.pads[1], op.pads[3]}));
    return Shape{{x.dims[0], rows, cols}};
  }

  Result<Shape> operator()(const Pad& op) const {
    Shape result = operands[0];
    if (op.before.size() != result.rank() || op.after.size() != result.rank()) {
      return refuse(fmt::format("padding for {} dimensions on an operand {}", op.before.size(), to_string(result)));
    }
    for (std::size_t d = 0; d < result.rank(); ++d) {
      if (op.before[d] < 0 || op.after[d] < 0) return refuse("negative padding");
      if (std::max(op.before[d], op.after[d]) > kMaxElements) return refuse("padding is too large");
      result.dims[d] += op.before[d] + op.after[d];
    }
    return result;
  }

  Result<Shape> operator()(const Reshape& op) const { return same_elements(op.shape); }

  Result<Shape> operator()(const Transpose& op) const {
    const Shape& x = operands[0];
    std::vector<std::int64_t> sorted = op.permutation;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::int64_t> expected(x.rank());
    std::iota(expected.begin(), expected.end(), 0);
    if (sorted != expected) return refuse(fmt::format("not a permutation of the dimensions of {}", to_string(x)));
    Shape result;
    for (const std::int64_t d : op.permutation) result.dims.push_back(x.dims[static_cast<std::size_t>(d)]);
    return result;
  }

  Result<Shape> operator()(const Affine& op) const { return check_coefficients({&op.scale, &op.shift}); }

  Result<Shape> operator()(const Linear& op) const {
    OBSCURA_TRY_VOID(check_shape(op.shape));
    if (op.matrix.cols != static_cast<std::size_t>(element_count(operands[0])) ||
        op.matrix.rows != static_cast<std::size_t>(element_count(op.shape))) {
      return refuse(fmt::format("a {}x{} matrix does not map {} to {}", op.matrix.rows, op.matrix.cols,
                                to_string(operands[0]), to_string(op.shape)));
    }
    return op.shape;
  }

  Result<Shape> operator()(const Quadratic& op) const { return check_coefficients({&op.a, &op.b, &op.c}); }
  Result<Shape> operator()(const Square&) const { return operands[0]; }
  Result<Shape> operator()(const Add&) const { return equal_operands(); }
  Result<Shape> operator()(const Multiply&) const { return equal_operands(); }

 private:
  [[nodiscard]] static Result<void> check_constant(const Tensor& tensor, std::size_t rank) {
    OBSCURA_TRY_VOID(check_shape(tensor.shape));
    if (tensor.shape.rank() == rank && static_cast<std::int64_t>(tensor.values.size()) == element_count(tensor.shape)) {
      return {};
    }
    return refuse(fmt::format("weights {} are not {}-dimensional or incomplete", to_string(tensor.shape), rank));
  }

  [[nodiscard]] static Result<void> check_bias(const std::vector<double>& bias, std::int64_t outputs) {
    if (static_cast<std::int64_t>(bias.size()) == outputs) return {};
    return refuse(fmt::format("a bias of {} values for {} outputs", bias.size(), outputs));
  }

  [[nodiscard]] Result<Shape> check_coefficients(std::initializer_list<const Coefficients*> all) const {
    for (const Coefficients* coefficients : all) {
      if (fits(*coefficients, operands[0])) continue;
      return refuse(fmt::format("{} coefficients fit neither the channels nor the elements of {}", coefficients->size(),
                                to_string(operands[0])));
    }
    return operands[0];
  }

  [[nodiscard]] Result<Shape> same_elements(const Shape& shape) const {
    OBSCURA_TRY_VOID(check_shape(shape));
    if (element_count(shape) == element_count(operands[0])) return shape;
    return refuse(
        fmt::format("{} and {} differ in their number of elements", to_string(operands[0]), to_string(shape)));
  }

  [[nodiscard]] Result<Shape> equal_operands() const {
    if (operands[0] == operands[1]) return operands[0];
    return refuse(fmt::format("operands {} and {} differ in shape", to_string(operands[0]), to_string(operands[1])));
  }
};

}  // namespace

Result<Shape> infer_shape(const Op& op, std::span<const Shape> operands) {
  if (operands.size() != operand_count(op)) {
    return refuse(fmt::format("reads {} values, got {}", operand_count(op), operands.size()));
  }
  OBSCURA_TRY(Shape shape, std::visit(Infer{operands}, op));
  OBSCURA_TRY_VOID(check_shape(shape));
  return shape;
}

}  // namespace obscura::compiler::graph
