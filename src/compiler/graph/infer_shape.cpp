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

Result<void> check_window(const Window& window) {
  if (window.kernel < 1 || window.stride < 1 || window.dilation < 1 || window.before < 0 || window.after < 0) {
    return refuse("kernel, stride and dilation must be at least 1 and padding at least 0");
  }
  if (std::max({window.kernel, window.stride, window.dilation, window.before, window.after}) > kMaxWindow) {
    return refuse(fmt::format("kernel, stride, dilation or padding is above {}", kMaxWindow));
  }
  return {};
}

// How many windows an axis has room for.
Result<std::int64_t> windows_along(std::int64_t length, const Window& window) {
  OBSCURA_TRY_VOID(check_window(window));
  const std::int64_t reach = (window.kernel - 1) * window.dilation + 1;
  const std::int64_t padded = length + window.before + window.after;
  if (reach > padded) {
    return refuse(fmt::format("a window over {} elements does not fit the padded extent {}", reach, padded));
  }
  return (padded - reach) / window.stride + 1;
}

// How far the kernels of a transposed convolution reach, less what is cut off.
Result<std::int64_t> spread_along(std::int64_t length, const Window& window, std::int64_t extra) {
  OBSCURA_TRY_VOID(check_window(window));
  if (extra < 0 || extra > kMaxWindow) return refuse("output padding is out of range");
  const std::int64_t whole = (length - 1) * window.stride + (window.kernel - 1) * window.dilation + 1 + extra;
  const std::int64_t result = whole - window.before - window.after;
  if (result < 1) return refuse(fmt::format("padding cuts all {} elements of an axis off", whole));
  return result;
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

  Result<Shape> operator()(const ConvTranspose& op) const {
    const Shape& x = operands[0];
    OBSCURA_TRY_VOID(require_rank(x, 3));
    OBSCURA_TRY_VOID(check_constant(op.weights, 4));
    const auto& w = op.weights.shape.dims;
    if (op.groups < 1 || x.dims[0] != w[0] || w[0] % op.groups != 0 || w[1] > kMaxWindow || op.groups > kMaxWindow) {
      return refuse(fmt::format("weights {} with {} groups do not fit an operand {}", to_string(op.weights.shape),
                                op.groups, to_string(x)));
    }
    const std::int64_t out = w[1] * op.groups;
    OBSCURA_TRY_VOID(check_bias(op.bias, out));
    OBSCURA_TRY(const auto rows, spread_along(x.dims[1], {w[2], op.strides[0], op.dilations[0], op.pads[0], op.pads[2]},
                                              op.output_padding[0]));
    OBSCURA_TRY(const auto cols, spread_along(x.dims[2], {w[3], op.strides[1], op.dilations[1], op.pads[1], op.pads[3]},
                                              op.output_padding[1]));
    return Shape{{out, rows, cols}};
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

  Result<Shape> operator()(const Concat& op) const {
    Shape result = operands[0];
    if (op.axis >= result.rank()) return refuse(fmt::format("{} has no dimension {}", to_string(result), op.axis));
    for (const Shape& next : operands.subspan(1)) {
      Shape joined = next;
      if (next.rank() == result.rank()) joined.dims[op.axis] = result.dims[op.axis];
      if (joined != result) {
        return refuse(fmt::format("{} and {} do not fit each other along dimension {}", to_string(result),
                                  to_string(next), op.axis));
      }
      result.dims[op.axis] += next.dims[op.axis];
      OBSCURA_TRY_VOID(check_shape(result));
    }
    return result;
  }

  Result<Shape> operator()(const Select& op) const {
    OBSCURA_TRY_VOID(check_shape(op.shape));
    const std::int64_t elements = element_count(operands[0]);
    const bool inside = std::all_of(op.source.begin(), op.source.end(), [&](std::int64_t from) {
      return from == Select::kNone || (from >= 0 && from < elements);
    });
    if (inside && static_cast<std::int64_t>(op.source.size()) == element_count(op.shape)) return op.shape;
    return refuse(fmt::format("{} sources do not select {} from {}", op.source.size(), to_string(op.shape),
                              to_string(operands[0])));
  }

  Result<Shape> operator()(const Reduce& op) const {
    Shape result = operands[0];
    for (std::size_t i = 0; i < op.axes.size(); ++i) {
      if (op.axes[i] >= result.rank() || (i > 0 && op.axes[i] <= op.axes[i - 1])) {
        return refuse(fmt::format("its dimensions are not ascending ones of {}", to_string(result)));
      }
      result.dims[op.axes[i]] = 1;
    }
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
  Result<Shape> operator()(const Polynomial& op) const {
    if (op.coefficients.empty() || op.coefficients.size() > kMaxDegree + 1) {
      return refuse(fmt::format("{} coefficients; a polynomial has 1 to {}", op.coefficients.size(), kMaxDegree + 1));
    }
    for (const Coefficients& coefficients : op.coefficients) OBSCURA_TRY_VOID(check_coefficients({&coefficients}));
    return operands[0];
  }
  Result<Shape> operator()(const Square&) const { return operands[0]; }
  Result<Shape> operator()(const Bootstrap&) const { return operands[0]; }
  Result<Shape> operator()(const Activation& op) const {
    const bool sloped = op.kind == ActivationKind::kLeakyRelu;
    if (!sloped && !op.slopes.empty()) return refuse("only leaky_relu has slopes");
    if (op.kind == ActivationKind::kCelu && op.a == 0.0) return refuse("its parameter is 0");
    if (op.kind == ActivationKind::kClip && !(op.a <= op.b)) return refuse("its lower bound is above the upper one");
    return sloped ? check_coefficients({&op.slopes}) : operands[0];
  }
  Result<Shape> operator()(const Add&) const { return equal_operands(); }
  Result<Shape> operator()(const Multiply&) const { return equal_operands(); }

  Result<Shape> operator()(const MaxPool& op) const {
    const Shape& x = operands[0];
    OBSCURA_TRY_VOID(require_rank(x, 3));
    OBSCURA_TRY(const auto rows,
                windows_along(x.dims[1], {op.kernel[0], op.strides[0], op.dilations[0], op.pads[0], op.pads[2]}));
    OBSCURA_TRY(const auto cols,
                windows_along(x.dims[2], {op.kernel[1], op.strides[1], op.dilations[1], op.pads[1], op.pads[3]}));
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t reach = (op.kernel[axis] - 1) * op.dilations[axis] + 1;
      if (std::max(op.pads[axis], op.pads[axis + 2]) >= reach) {
        return refuse("padding is not below the kernel, so a window could be empty");
      }
    }
    return Shape{{x.dims[0], rows, cols}};
  }

  Result<Shape> operator()(const Softmax& op) const { return along(op.axis, operands[0]); }
  Result<Shape> operator()(const ArgMax& op) const {
    OBSCURA_TRY(Shape result, along(op.axis, operands[0]));
    result.dims[op.axis] = 1;
    return result;
  }

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

  [[nodiscard]] static Result<Shape> along(std::size_t axis, const Shape& shape) {
    if (axis < shape.rank()) return shape;
    return refuse(fmt::format("{} has no dimension {}", to_string(shape), axis));
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
  const std::size_t expected = operand_count(op);
  if (expected == kAnyNumber ? operands.empty() : operands.size() != expected) {
    const std::string reads = expected == kAnyNumber ? "one or more" : std::to_string(expected);
    return refuse(fmt::format("reads {} values, got {}", reads, operands.size()));
  }
  OBSCURA_TRY(Shape shape, std::visit(Infer{operands}, op));
  OBSCURA_TRY_VOID(check_shape(shape));
  return shape;
}

}  // namespace obscura::compiler::graph
