#include <cmath>
#include <limits>

#include "compiler/onnx/detail/broadcast.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;
using graph::Activation;
using graph::ActivationKind;

Result<Value> activate(Node& node, Activation activation) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  return node.emit(std::move(activation), {x});
}

// One bound of Clip: an attribute before operator set 11, then an input that may be missing.
Result<double> bound(Node& node, int index, std::string_view name, double open) {
  double value = open;
  if (node.opset() < 11) {
    value = node.attributes().real(name, open);
  } else if (node.has_input(index)) {
    OBSCURA_TRY(const ConstantPtr constant, node.real_constant(index, "every bound"));
    if (constant->reals().size() != 1) return node.corrupt("a bound is not one number");
    value = constant->reals()[0];
  }
  // Exporters write the largest float where there is no bound.
  return std::abs(value) >= static_cast<double>(std::numeric_limits<float>::max()) ? open : value;
}

}  // namespace

Result<Value> read_relu(Node& node) {
  return activate(node, {ActivationKind::kRelu});
}

// LeakyRelu (operator sets 6, 16).
Result<Value> read_leaky_relu(Node& node) {
  return activate(node, {ActivationKind::kLeakyRelu, 0.0, 0.0, {node.attributes().real("alpha", 0.01)}});
}

// PRelu (operator sets 7, 9, 16): the slopes are broadcast onto the value.
Result<Value> read_prelu(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  OBSCURA_TRY(const ConstantPtr slopes, node.real_constant(1, "the slopes"));
  Activation activation{ActivationKind::kLeakyRelu};
  OBSCURA_TRY(activation.slopes, as_coefficients(node, *slopes, node.shape(x)));
  return activate(node, std::move(activation));
}

Result<Value> read_elu(Node& node) {
  return activate(node, {ActivationKind::kElu, node.attributes().real("alpha", 1.0)});
}

Result<Value> read_selu(Node& node) {
  const double alpha = node.attributes().real("alpha", 1.67326319217681884765625);
  return activate(node, {ActivationKind::kSelu, alpha, node.attributes().real("gamma", 1.05070102214813232421875)});
}

Result<Value> read_celu(Node& node) {
  return activate(node, {ActivationKind::kCelu, node.attributes().real("alpha", 1.0)});
}

Result<Value> read_sigmoid(Node& node) {
  return activate(node, {ActivationKind::kSigmoid});
}

Result<Value> read_tanh(Node& node) {
  return activate(node, {ActivationKind::kTanh});
}

Result<Value> read_hard_sigmoid(Node& node) {
  const double alpha = node.attributes().real("alpha", 0.2);
  return activate(node, {ActivationKind::kHardSigmoid, alpha, node.attributes().real("beta", 0.5)});
}

// HardSwish (operator set 14).
Result<Value> read_hard_swish(Node& node) {
  return activate(node, {ActivationKind::kHardSwish});
}

// Gelu (operator set 20).
Result<Value> read_gelu(Node& node) {
  const std::string form = node.attributes().text("approximate", "none");
  if (form != "none" && form != "tanh") return node.corrupt("attribute 'approximate' is neither 'none' nor 'tanh'");
  return activate(node, {form == "none" ? ActivationKind::kGelu : ActivationKind::kGeluTanh});
}

Result<Value> read_erf(Node& node) {
  return activate(node, {ActivationKind::kErf});
}

Result<Value> read_softplus(Node& node) {
  return activate(node, {ActivationKind::kSoftplus});
}

Result<Value> read_softsign(Node& node) {
  return activate(node, {ActivationKind::kSoftsign});
}

// Clip (operator sets 6, 11, 12, 13). Without an upper bound and from 0 on it is Relu.
Result<Value> read_clip(Node& node) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  OBSCURA_TRY(const double low, bound(node, 1, "min", -kInfinity));
  OBSCURA_TRY(const double high, bound(node, 2, "max", kInfinity));
  if (low == 0.0 && high == kInfinity) return read_relu(node);
  if (low == -kInfinity && high == kInfinity) return node.input(0);
  return activate(node, {ActivationKind::kClip, low, high});
}

}  // namespace obscura::compiler::onnx_import
