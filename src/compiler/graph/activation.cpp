#include "compiler/graph/activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace obscura::compiler::graph {
namespace {

// In the order of ActivationKind.
constexpr std::array<std::string_view, 16> kNames{"relu", "leaky_relu",   "elu",        "selu", "celu", "sigmoid",
                                                  "tanh", "hard_sigmoid", "hard_swish", "silu", "gelu", "gelu_tanh",
                                                  "erf",  "softplus",     "softsign",   "clip"};

// Neither exponential overflows: its argument is never positive.
double sigmoid(double x) {
  const double small = std::exp(-std::abs(x));
  return x >= 0.0 ? 1.0 / (1.0 + small) : small / (1.0 + small);
}

double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

double below_zero(double x, double negative) {
  return x < 0.0 ? negative : x;
}

double gelu_tanh(double x) {
  const double inner = std::sqrt(2.0 * std::numbers::inv_pi) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + std::tanh(inner));
}

}  // namespace

std::string_view activation_name(ActivationKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

double apply(const Activation& activation, std::size_t channel, double x) {
  const double a = activation.a;
  const double b = activation.b;
  switch (activation.kind) {
    case ActivationKind::kRelu:
      return std::max(x, 0.0);
    case ActivationKind::kLeakyRelu:
      return below_zero(x, activation.slopes[activation.slopes.size() == 1 ? 0 : channel] * x);
    case ActivationKind::kElu:
      return below_zero(x, a * std::expm1(x));
    case ActivationKind::kSelu:
      return b * below_zero(x, a * std::expm1(x));
    case ActivationKind::kCelu:
      return below_zero(x, a * std::expm1(x / a));
    case ActivationKind::kSigmoid:
      return sigmoid(x);
    case ActivationKind::kTanh:
      return std::tanh(x);
    case ActivationKind::kHardSigmoid:
      return std::clamp(a * x + b, 0.0, 1.0);
    case ActivationKind::kHardSwish:
      return x * std::clamp(x / 6.0 + 0.5, 0.0, 1.0);
    case ActivationKind::kSilu:
      return x * sigmoid(x);
    case ActivationKind::kGelu:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    case ActivationKind::kGeluTanh:
      return gelu_tanh(x);
    case ActivationKind::kErf:
      return std::erf(x);
    case ActivationKind::kSoftplus:
      return softplus(x);
    case ActivationKind::kSoftsign:
      return x / (1.0 + std::abs(x));
    case ActivationKind::kClip:
      break;
  }
  return std::min(std::max(x, a), b);
}

}  // namespace obscura::compiler::graph
