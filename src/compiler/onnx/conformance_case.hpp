#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "compiler/onnx/detail/constant.hpp"

namespace obscura::compiler::onnx_import {

/// For tests: where Debian's libonnx-testdata puts ONNX's own cases, each a folder with a model, its
/// inputs and its outputs.
inline const std::filesystem::path kConformanceData = "/usr/share/libonnx-testdata/data";

/// How a case, which was written without thought of batches, becomes one that has them.
enum class Placement {
  kRows,   ///< the first dimension is the batch, so that each row of the input is one sample
  kWhole,  ///< the tensors are one sample: a batch of 1 is put before their dimensions, and axes move by one
};

/// Operators of the case's nodes, in order; empty when the model cannot be parsed.
[[nodiscard]] std::vector<std::string> operators_of(const std::filesystem::path& folder);

/// Runs a case: inputs after the first become constants, since that is what weights are here; outputs
/// after the first that are not floating-point are left out; operator sets before 7 are read as 7, in
/// which operators that are older keep their meaning. Empty when all outputs have the expected shape
/// and values, else why not.
[[nodiscard]] std::string run_case(const std::filesystem::path& folder, Placement placement);

}  // namespace obscura::compiler::onnx_import
