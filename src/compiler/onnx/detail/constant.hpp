#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "compiler/onnx/detail/proto.hpp"

namespace obscura::compiler::onnx_import {

using Dims = std::vector<std::int64_t>;

/// Stands in constants made by the operator Shape for the number of samples, which is not known.
inline constexpr std::int64_t kBatchSize = std::numeric_limits<std::int64_t>::min();

/// A tensor whose value the model file fixes, with ONNX's own dimensions (batch included where there
/// is one). Reals are finite.
struct Constant {
  Dims dims;
  std::variant<std::vector<double>, std::vector<std::int64_t>> data;

  [[nodiscard]] bool is_real() const { return data.index() == 0; }
  [[nodiscard]] const std::vector<double>& reals() const { return std::get<0>(data); }
  [[nodiscard]] const std::vector<std::int64_t>& integers() const { return std::get<1>(data); }
};

/// Product of the dimensions; kLimit above graph::kMaxElements or graph::kMaxRank, kCorrupt when a
/// dimension is negative.
[[nodiscard]] base::Result<std::int64_t> count_elements(const Dims& dims);

/// Reads an initialiser or the tensor of a Constant node: float, double, integers of 32 and 64 bits
/// (unsigned ones modulo 2^64) and booleans, as raw or typed data. Errors: kCorrupt when data and dimensions disagree
/// or a real is not finite, kUnsupported for other types and for data in another file, kLimit.
[[nodiscard]] base::Result<Constant> read_tensor(const onnx::TensorProto& tensor);

}  // namespace obscura::compiler::onnx_import
