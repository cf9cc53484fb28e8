#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/onnx/detail/broadcast.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;
using graph::Coefficients;

// The exponents as real numbers, whatever type they have.
Constant as_real(const Constant& constant) {
  if (constant.is_real()) return constant;
  return {constant.dims, std::vector<double>(constant.integers().begin(), constant.integers().end())};
}

}  // namespace

// Pow (operator sets 7, 12, 13, 15) with exponents that are constant integers.
Result<Value> read_pow(Node& node) {
  OBSCURA_TRY(graph::ValueId x, node.computed(0));
  OBSCURA_TRY(const ConstantPtr given, node.constant(1, "the exponent"));
  OBSCURA_TRY(x, broadcast_onto(node, x, given->dims));
  OBSCURA_TRY(const Coefficients exponents, as_coefficients(node, as_real(*given), node.shape(x)));
  for (const double exponent : exponents) {
    if (exponent >= 0.0 && exponent <= static_cast<double>(graph::kMaxDegree) && exponent == std::floor(exponent))
      continue;
    return node.unsupported(fmt::format("its exponent {} is not an integer from 0 to {}", exponent, graph::kMaxDegree),
                            "use squares, cubes and sums of them");
  }
  const double highest = *std::max_element(exponents.begin(), exponents.end());
  const bool all_equal = std::all_of(exponents.begin(), exponents.end(), [&](double e) { return e == highest; });
  if (all_equal && highest == 1.0) return x;
  if (all_equal && highest == 2.0) return node.emit(graph::Square{}, {x});
  const double numbers = (highest + 1.0) * static_cast<double>(exponents.size());
  if (!all_equal && numbers > static_cast<double>(graph::kMaxElements)) {
    return tl::make_unexpected(
        node.named({base::ErrorCode::kLimit, "it has too many exponents", "use one for all elements"}));
  }
  graph::Polynomial polynomial;
  for (double power = 0.0; power <= highest; ++power) {
    Coefficients coefficients(all_equal ? 1 : exponents.size());
    for (std::size_t i = 0; i < coefficients.size(); ++i) coefficients[i] = exponents[i] == power ? 1.0 : 0.0;
    polynomial.coefficients.push_back(std::move(coefficients));
  }
  return node.emit(std::move(polynomial), {x});
}

}  // namespace obscura::compiler::onnx_import
