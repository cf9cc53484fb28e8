#include "compiler/onnx/detail/constant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "compiler/graph/shape.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::ErrorCode;
using base::Result;

static_assert(std::endian::native == std::endian::little, "raw tensor data is little-endian");

std::string label(const onnx::TensorProto& tensor) {
  return fmt::format("tensor '{}'", tensor.name());
}

tl::unexpected<base::Error> wrong_size(const onnx::TensorProto& tensor, std::int64_t expected) {
  return base::fail(
      ErrorCode::kCorrupt,
      fmt::format("{}: its data does not hold the {} elements of its dimensions", label(tensor), expected),
      "the file is damaged or was cut off; export it again");
}

// Elements stored as Stored, either as raw bytes or in the typed field, widened to Kept.
template <class Stored, class Kept, class Field>
Result<std::vector<Kept>> read_elements(const onnx::TensorProto& tensor, const Field& field, std::int64_t count) {
  std::vector<Kept> result;
  if (tensor.has_raw_data()) {
    const std::string& raw = tensor.raw_data();
    if (raw.size() != static_cast<std::size_t>(count) * sizeof(Stored)) return wrong_size(tensor, count);
    result.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < result.size(); ++i) {
      Stored element;
      std::memcpy(&element, raw.data() + i * sizeof(Stored), sizeof(Stored));
      result[i] = static_cast<Kept>(element);
    }
    return result;
  }
  if (field.size() != count) return wrong_size(tensor, count);
  result.assign(field.begin(), field.end());
  return result;
}

Result<Constant> finish(const onnx::TensorProto& tensor, Dims dims, Result<std::vector<double>> values) {
  if (!values) return base::forward_error(values);
  for (const double value : *values) {
    if (!std::isfinite(value)) {
      return base::fail(ErrorCode::kCorrupt, fmt::format("{} holds an infinity or a NaN", label(tensor)),
                        "train or export the model again; its weights are broken");
    }
  }
  return Constant{std::move(dims), std::move(*values)};
}

Result<Constant> finish(const onnx::TensorProto&, Dims dims, Result<std::vector<std::int64_t>> values) {
  if (!values) return base::forward_error(values);
  return Constant{std::move(dims), std::move(*values)};
}

}  // namespace

Result<std::int64_t> count_elements(const Dims& dims) {
  std::int64_t count = 1;
  if (dims.size() > graph::kMaxRank) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("a tensor has {} dimensions, more than {}", dims.size(), graph::kMaxRank),
                      "use tensors of fewer dimensions");
  }
  for (const std::int64_t dim : dims) {
    if (dim < 0) {
      return base::fail(ErrorCode::kCorrupt, fmt::format("a tensor has the dimension {}", dim),
                        "check how the model was exported");
    }
    // A dimension of 0 empties the tensor, and does not excuse the others.
    if (dim > graph::kMaxElements / std::max<std::int64_t>(count, 1)) {
      return base::fail(ErrorCode::kLimit, fmt::format("a tensor has more than {} elements", graph::kMaxElements),
                        "use a smaller layer");
    }
    count *= dim;
  }
  return count;
}

Result<Constant> read_tensor(const onnx::TensorProto& tensor) {
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL || tensor.external_data_size() > 0) {
    return base::fail(ErrorCode::kUnsupported, fmt::format("{} keeps its data in another file", label(tensor)),
                      "save the model as one file, with all weights inside");
  }
  if (tensor.has_segment()) {
    return base::fail(ErrorCode::kUnsupported, fmt::format("{} is stored in segments", label(tensor)),
                      "save the model with whole tensors");
  }
  Dims dims(tensor.dims().begin(), tensor.dims().end());
  auto count = count_elements(dims);
  if (!count) {
    count.error().message = fmt::format("{}: {}", label(tensor), count.error().message);
    return base::forward_error(count);
  }
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      return finish(tensor, std::move(dims), read_elements<float, double>(tensor, tensor.float_data(), *count));
    case onnx::TensorProto::DOUBLE:
      return finish(tensor, std::move(dims), read_elements<double, double>(tensor, tensor.double_data(), *count));
    case onnx::TensorProto::INT32:
      return finish(tensor, std::move(dims),
                    read_elements<std::int32_t, std::int64_t>(tensor, tensor.int32_data(), *count));
    case onnx::TensorProto::INT64:
      return finish(tensor, std::move(dims),
                    read_elements<std::int64_t, std::int64_t>(tensor, tensor.int64_data(), *count));
    case onnx::TensorProto::UINT32:
      return finish(tensor, std::move(dims),
                    read_elements<std::uint32_t, std::int64_t>(tensor, tensor.uint64_data(), *count));
    case onnx::TensorProto::UINT64:
      return finish(tensor, std::move(dims),
                    read_elements<std::uint64_t, std::int64_t>(tensor, tensor.uint64_data(), *count));
    case onnx::TensorProto::BOOL:
      return finish(tensor, std::move(dims),
                    read_elements<std::uint8_t, std::int64_t>(tensor, tensor.int32_data(), *count));
    default:
      return base::fail(ErrorCode::kUnsupported,
                        fmt::format("{} has the element type {}", label(tensor), tensor.data_type()),
                        "export the model with 32-bit floating-point weights");
  }
}

}  // namespace obscura::compiler::onnx_import
