#include "compiler/onnx/detail/fold_binary.hpp"

#include <algorithm>
#include <cmath>

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// Dimension d, counted from the end, of a shape; 1 where it has none.
std::int64_t dim_from_end(const Dims& dims, std::size_t d) {
  return d < dims.size() ? dims[dims.size() - 1 - d] : 1;
}

Result<Dims> broadcast(Node& node, const Dims& a, const Dims& b) {
  Dims result(std::max(a.size(), b.size()));
  for (std::size_t d = 0; d < result.size(); ++d) {
    const std::int64_t x = dim_from_end(a, d);
    const std::int64_t y = dim_from_end(b, d);
    if (x != y && x != 1 && y != 1) return node.corrupt("the shapes of its inputs do not fit each other");
    result[result.size() - 1 - d] = x == 1 ? y : x;
  }
  return result;
}

// Where element `element` of a tensor of shape `out` lies in one of shape `in` that was broadcast.
std::size_t source(const Dims& out, const Dims& in, std::size_t element) {
  auto rest = static_cast<std::int64_t>(element);
  std::int64_t result = 0;
  std::int64_t stride = 1;
  for (std::size_t d = 0; d < out.size(); ++d) {
    const std::int64_t at = rest % dim_from_end(out, d);
    rest /= dim_from_end(out, d);
    if (dim_from_end(in, d) != 1) result += at * stride;
    stride *= dim_from_end(in, d);
  }
  return static_cast<std::size_t>(result);
}

// False when the result is not a number that the type holds.
bool calculate(Arithmetic op, double a, double b, double& result) {
  switch (op) {
    case Arithmetic::kAdd:
      result = a + b;
      break;
    case Arithmetic::kSub:
      result = a - b;
      break;
    case Arithmetic::kMul:
      result = a * b;
      break;
    case Arithmetic::kDiv:
      result = a / b;
      break;
  }
  return std::isfinite(result);
}

bool calculate(Arithmetic op, std::int64_t a, std::int64_t b, std::int64_t& result) {
  switch (op) {
    case Arithmetic::kAdd:
      return !__builtin_add_overflow(a, b, &result);
    case Arithmetic::kSub:
      return !__builtin_sub_overflow(a, b, &result);
    case Arithmetic::kMul:
      return !__builtin_mul_overflow(a, b, &result);
    case Arithmetic::kDiv:
      break;
  }
  if (b == 0 || b == -1) return false;
  result = a / b;
  return true;
}

template <class Number>
Result<Constant> fold(Node& node, Arithmetic op, Dims dims, const Constant& a, const Constant& b) {
  const auto& x = std::get<std::vector<Number>>(a.data);
  const auto& y = std::get<std::vector<Number>>(b.data);
  OBSCURA_TRY(const std::int64_t count, count_elements(dims));
  std::vector<Number> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!calculate(op, x[source(dims, a.dims, i)], y[source(dims, b.dims, i)], values[i])) {
      return node.corrupt("its constants overflow or are divided by zero");
    }
  }
  return Constant{std::move(dims), std::move(values)};
}

bool has_batch_size(const Constant& constant) {
  return !constant.is_real() &&
         std::find(constant.integers().begin(), constant.integers().end(), kBatchSize) != constant.integers().end();
}

}  // namespace

Result<Constant> fold_binary(Node& node, Arithmetic op, const Constant& a, const Constant& b) {
  if (a.is_real() != b.is_real()) return node.corrupt("it joins integers with floating-point numbers");
  if (has_batch_size(a) || has_batch_size(b)) {
    return node.unsupported("it computes with the number of samples", "export the model with the batch size 1");
  }
  OBSCURA_TRY(Dims dims, broadcast(node, a.dims, b.dims));
  if (a.is_real()) return fold<double>(node, op, std::move(dims), a, b);
  return fold<std::int64_t>(node, op, std::move(dims), a, b);
}

}  // namespace obscura::compiler::onnx_import
