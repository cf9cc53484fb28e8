#pragma once

#include "compiler/onnx/detail/node.hpp"

namespace obscura::compiler::onnx_import {

enum class Arithmetic { kAdd, kSub, kMul, kDiv };

/// Elementwise a op b of two constants of one kind, broadcast as ONNX does (shapes aligned at the
/// end). Errors: kCorrupt when shapes or kinds do not fit, or on overflow and division by zero;
/// kUnsupported when a number depends on the batch size; kLimit.
[[nodiscard]] base::Result<Constant> fold_binary(Node& node, Arithmetic op, const Constant& a, const Constant& b);

}  // namespace obscura::compiler::onnx_import
