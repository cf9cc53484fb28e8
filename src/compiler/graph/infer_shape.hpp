#pragma once

#include <span>

#include "base/result.hpp"
#include "compiler/graph/ops.hpp"

namespace obscura::compiler::graph {

/// Shape of the operator's result on operands of these shapes. Everything that can be wrong between
/// an operator and its operands is found here: ranks, sizes of weights, biases and coefficients,
/// strides, padding. Errors: kCorrupt; kLimit when the result would be too large.
[[nodiscard]] base::Result<Shape> infer_shape(const Op& op, std::span<const Shape> operands);

}  // namespace obscura::compiler::graph
