#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/onnx/detail/fold_binary.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;
using graph::Affine;
using graph::Coefficients;

// A constant that is broadcast onto a value of this shape, as coefficients of that shape: one, one
// per channel or one per element.
Result<Coefficients> as_coefficients(Node& node, const Constant& constant, const graph::Shape& shape) {
  if (!constant.is_real()) return node.corrupt("it joins integers with floating-point numbers");
  Dims dims = constant.dims;
  if (dims.size() == shape.rank() + 1) {
    if (dims[0] != 1) return node.unsupported("its constant differs from sample to sample", "use one for all samples");
    dims.erase(dims.begin());
  }
  if (dims.size() > shape.rank())
    return node.unsupported("its constant has more dimensions than the value",
                            "give the constant the shape of the value or of its channels");
  dims.insert(dims.begin(), shape.rank() - dims.size(), 1);
  bool one = true;
  bool per_channel = true;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 1) continue;
    if (dims[d] != shape.dims[d]) {
      return node.unsupported(fmt::format("its constant does not fit a value of shape {}", graph::to_string(shape)),
                              "give the constant the shape of the value or of its channels");
    }
    one = false;
    per_channel = per_channel && d == 0;
  }
  if (one || per_channel) return constant.reals();
  Constant ones{shape.dims, std::vector<double>(static_cast<std::size_t>(graph::element_count(shape)), 1.0)};
  OBSCURA_TRY(Constant expanded, fold_binary(node, Arithmetic::kMul, ones, {dims, constant.reals()}));
  return expanded.reals();
}

Coefficients map(Coefficients coefficients, double (*f)(double)) {
  std::transform(coefficients.begin(), coefficients.end(), coefficients.begin(), f);
  return coefficients;
}

double negate(double x) {
  return -x;
}
double reciprocal(double x) {
  return 1.0 / x;
}

// x op k, or k op x when `constant_first`.
Result<Value> with_constant(Node& node, Arithmetic op, graph::ValueId x, const Constant& constant,
                            bool constant_first) {
  OBSCURA_TRY(Coefficients k, as_coefficients(node, constant, node.shape(x)));
  switch (op) {
    case Arithmetic::kAdd:
      return node.emit(Affine{{1.0}, std::move(k)}, {x});
    case Arithmetic::kSub:
      if (constant_first) return node.emit(Affine{{-1.0}, std::move(k)}, {x});
      return node.emit(Affine{{1.0}, map(std::move(k), negate)}, {x});
    case Arithmetic::kMul:
      return node.emit(Affine{std::move(k), {0.0}}, {x});
    case Arithmetic::kDiv:
      break;
  }
  if (constant_first) {
    return node.unsupported("it divides by a value that the network computes", "multiply by constants only");
  }
  k = map(std::move(k), reciprocal);
  if (!std::all_of(k.begin(), k.end(), [](double factor) { return std::isfinite(factor); })) {
    return node.corrupt("it divides by zero");
  }
  return node.emit(Affine{std::move(k), {0.0}}, {x});
}

Result<Value> with_value(Node& node, Arithmetic op, graph::ValueId x, graph::ValueId y) {
  if (op == Arithmetic::kDiv) {
    return node.unsupported("it divides by a value that the network computes", "multiply by constants only");
  }
  if (node.shape(x) != node.shape(y)) {
    return node.unsupported(fmt::format("its inputs have the shapes {} and {}", graph::to_string(node.shape(x)),
                                        graph::to_string(node.shape(y))),
                            "only values of one shape can be joined");
  }
  if (op == Arithmetic::kMul) {
    if (x == y) return node.emit(graph::Square{}, {x});
    return node.emit(graph::Multiply{}, {x, y});
  }
  if (op == Arithmetic::kSub) {
    OBSCURA_TRY(y, node.emit(Affine{{-1.0}, {0.0}}, {y}));
  }
  return node.emit(graph::Add{}, {x, y});
}

Result<Value> read_binary(Node& node, Arithmetic op) {
  OBSCURA_TRY(const Value a, node.input(0));
  OBSCURA_TRY(const Value b, node.input(1));
  const auto* x = std::get_if<graph::ValueId>(&a);
  const auto* y = std::get_if<graph::ValueId>(&b);
  if (x != nullptr && y != nullptr) return with_value(node, op, *x, *y);
  if (x != nullptr) return with_constant(node, op, *x, *std::get<ConstantPtr>(b), false);
  if (y != nullptr) return with_constant(node, op, *y, *std::get<ConstantPtr>(a), true);
  OBSCURA_TRY(Constant folded, fold_binary(node, op, *std::get<ConstantPtr>(a), *std::get<ConstantPtr>(b)));
  return node.hold(std::move(folded));
}

}  // namespace

// Add, Sub, Mul, Div (operator sets 7, 13, 14) broadcast as numpy does.
Result<Value> read_add(Node& node) {
  return read_binary(node, Arithmetic::kAdd);
}
Result<Value> read_sub(Node& node) {
  return read_binary(node, Arithmetic::kSub);
}
Result<Value> read_mul(Node& node) {
  return read_binary(node, Arithmetic::kMul);
}
Result<Value> read_div(Node& node) {
  return read_binary(node, Arithmetic::kDiv);
}

// Pow (operator sets 7, 12, 13, 15) with the exponent 1 or 2.
Result<Value> read_pow(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  OBSCURA_TRY(const ConstantPtr exponent, node.constant(1, "the exponent"));
  const auto is = [&](int power) {
    if (exponent->is_real()) return exponent->reals() == std::vector<double>{static_cast<double>(power)};
    return exponent->integers() == std::vector<std::int64_t>{power};
  };
  if (exponent->dims.size() <= node.shape(x).rank() + 1) {
    if (is(1)) return x;
    if (is(2)) return node.emit(graph::Square{}, {x});
  }
  return node.unsupported("its exponent is not 2", "use squares and sums of them");
}

}  // namespace obscura::compiler::onnx_import
