#pragma once

#include "compiler/onnx/detail/node.hpp"

namespace obscura::compiler::onnx_import {

/// A constant that is broadcast onto a value of this shape, as coefficients of that shape: one, one
/// per channel or one per element. Errors: kUnsupported when it does not fit or differs from sample
/// to sample, kCorrupt for integers.
[[nodiscard]] base::Result<graph::Coefficients> as_coefficients(Node& node, const Constant& constant,
                                                                const graph::Shape& shape);

/// Repeats a value along its dimensions of extent 1 until it fits an operand of these dimensions,
/// with the batch, aligned at the end as ONNX does. Dimensions that the operand lacks, or has with
/// extent 1, stay. Errors: kUnsupported when they do not fit.
[[nodiscard]] base::Result<graph::ValueId> broadcast_onto(Node& node, graph::ValueId x, const Dims& operand);

}  // namespace obscura::compiler::onnx_import
