#pragma once

#include <cstddef>
#include <string_view>

#include "compiler/graph/coefficients.hpp"

namespace obscura::compiler::graph {

/// Functions of one number that are no polynomials, named as in ONNX. `a` and `b` are the
/// activation's parameters, `s` its slope.
enum class ActivationKind {
  kRelu,         ///< max(x, 0)
  kLeakyRelu,    ///< x, but s x below 0; PRelu too
  kElu,          ///< x, but a (e^x - 1) below 0
  kSelu,         ///< b x, but b a (e^x - 1) below 0
  kCelu,         ///< x, but a (e^(x/a) - 1) below 0
  kSigmoid,      ///< 1 / (1 + e^-x)
  kTanh,         ///< tanh x
  kHardSigmoid,  ///< a x + b, held within [0, 1]
  kHardSwish,    ///< x (x/6 + 1/2), the factor held within [0, 1]
  kSilu,         ///< x / (1 + e^-x)
  kGelu,         ///< x (1 + erf(x / sqrt 2)) / 2
  kGeluTanh,     ///< x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
  kErf,          ///< erf x
  kSoftplus,     ///< ln(1 + e^x)
  kSoftsign,     ///< x / (1 + |x|)
  kClip,         ///< x held within [a, b]; either may be infinite
};

/// One such function on every element. Parameters that the kind does not use are 0 and empty.
struct Activation {
  ActivationKind kind = ActivationKind::kRelu;
  double a = 0.0;
  double b = 0.0;
  Coefficients slopes{};  ///< kLeakyRelu only: for all, per channel or per element
};

/// Lower-case name: "leaky_relu".
[[nodiscard]] std::string_view activation_name(ActivationKind kind);

/// The function at x. `channel` says which slope holds; it is only looked at when there are several.
/// Does not overflow where the function itself is finite.
[[nodiscard]] double apply(const Activation& activation, std::size_t channel, double x);

}  // namespace obscura::compiler::graph
