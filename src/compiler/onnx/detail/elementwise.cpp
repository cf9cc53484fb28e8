#include <algorithm>
#include <cmath>

#include "compiler/onnx/detail/broadcast.hpp"
#include "compiler/onnx/detail/fold_binary.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;
using graph::Affine;
using graph::Coefficients;

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
  OBSCURA_TRY(x, broadcast_onto(node, x, constant.dims));
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
  OBSCURA_TRY(x, broadcast_onto(node, x, node.full_dims(y)));
  OBSCURA_TRY(y, broadcast_onto(node, y, node.full_dims(x)));
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

// Neg (operator sets 6, 13).
Result<Value> read_neg(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  if (const auto* x = std::get_if<graph::ValueId>(&value)) return node.emit(Affine{{-1.0}, {0.0}}, {*x});
  const Constant& constant = *std::get<ConstantPtr>(value);
  Constant zero{{}, std::vector<double>{0.0}};
  if (!constant.is_real()) zero.data = std::vector<std::int64_t>{0};
  OBSCURA_TRY(Constant negative, fold_binary(node, Arithmetic::kSub, zero, constant));
  return node.hold(std::move(negative));
}

}  // namespace obscura::compiler::onnx_import
