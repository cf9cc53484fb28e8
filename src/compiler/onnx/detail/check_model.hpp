#pragma once

#include "base/result.hpp"
#include "compiler/onnx/detail/proto.hpp"

namespace obscura::compiler::onnx_import {

/// The operator set of ONNX's own operators that the model uses. Errors: kCorrupt when it names none
/// or two, kUnsupported for IR versions and operator sets that are not read here.
[[nodiscard]] base::Result<std::int64_t> check_versions(const onnx::ModelProto& model);

/// libonnx's own checker, for models of versions that it knows; others pass. Only for models that
/// were read already, since the checker trusts its input more than we do. Errors: kCorrupt.
[[nodiscard]] base::Result<void> check_with_libonnx(const onnx::ModelProto& model, std::int64_t opset);

}  // namespace obscura::compiler::onnx_import
