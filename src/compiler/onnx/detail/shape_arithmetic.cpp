#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/detail/operators.hpp"

// The operators with which exporters compute the target of a Reshape or the padding of a Pad from the
// shape of a value: Shape, ConstantOfShape, Cast; Gather, Slice and Concat stand elsewhere. The number of
// samples stays a symbol.

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

Result<Value> hold_list(Node& node, Dims values) {
  Dims dims{static_cast<std::int64_t>(values.size())};
  return node.hold({std::move(dims), std::move(values)});
}

// An input that must be a list of integers, as the shapes of values are.
Result<Dims> list_input(Node& node, int index) {
  OBSCURA_TRY(const Value value, node.input(index));
  const auto* constant = std::get_if<ConstantPtr>(&value);
  if (constant == nullptr || (*constant)->is_real() || (*constant)->dims.size() > 1) {
    return node.unsupported("it works on something else than the shape of a value",
                            "this version supports the operator only for computing shapes");
  }
  return (*constant)->integers();
}

// A bound of a slice of `size` elements, negative ones counted from the end, brought into [0, size].
std::int64_t clamp_bound(std::int64_t bound, std::int64_t size) {
  if (bound < 0) bound = bound < -size ? 0 : bound + size;
  return std::min(bound, size);
}

Dims sublist(const Dims& list, std::int64_t start, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(list.size());
  start = clamp_bound(start, size);
  end = std::max(clamp_bound(end, size), start);
  return {list.begin() + start, list.begin() + end};
}

}  // namespace

// Shape (operator sets 1, 13, 15, 19, 21).
Result<Value> read_shape(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  Dims dims;
  if (const auto* id = std::get_if<graph::ValueId>(&value)) {
    dims = node.full_dims(*id);
  } else {
    dims = std::get<ConstantPtr>(value)->dims;
  }
  const auto rank = static_cast<std::int64_t>(dims.size());
  const std::int64_t start = node.attributes().integer("start", 0);
  const std::int64_t end = node.attributes().integer("end", rank);
  return hold_list(node, sublist(dims, start, end));
}

// ConstantOfShape (operator sets 9, 20, 21): one number, repeated.
Result<Value> read_constant_of_shape(Node& node) {
  OBSCURA_TRY(Dims dims, list_input(node, 0));
  auto count = count_elements(dims);
  if (!count) return tl::make_unexpected(node.named(std::move(count.error())));
  Constant value{{}, std::vector<double>{0.0}};
  if (const auto* attribute = node.attributes().find("value"); attribute != nullptr) {
    auto read = read_tensor(attribute->t());
    if (!read) return tl::make_unexpected(node.named(std::move(read.error())));
    value = std::move(*read);
  }
  const bool one = std::visit([](const auto& values) { return values.size() == 1; }, value.data);
  if (!one) return node.corrupt("its value is not one number");
  std::visit([&](auto& values) { values.resize(static_cast<std::size_t>(*count), values[0]); }, value.data);
  value.dims = std::move(dims);
  return node.hold(std::move(value));
}

// Cast (operator sets 6, 9, 13, 19, 21) between integers and floating-point numbers.
Result<Value> read_cast(Node& node) {
  node.attributes().ignore("saturate");
  const std::int64_t to = node.attributes().integer("to", onnx::TensorProto::UNDEFINED);
  const bool to_real = to == onnx::TensorProto::FLOAT || to == onnx::TensorProto::DOUBLE;
  const bool to_integer = to == onnx::TensorProto::INT64 || to == onnx::TensorProto::INT32;
  OBSCURA_TRY(const Value value, node.input(0));
  const auto* constant = std::get_if<ConstantPtr>(&value);
  const bool is_real = constant == nullptr || (*constant)->is_real();
  if ((is_real && to_real) || (!is_real && to_integer)) return value;
  if (constant != nullptr && to_real) {
    std::vector<double> reals;
    for (const std::int64_t integer : (*constant)->integers()) {
      if (integer == kBatchSize)
        return node.unsupported("it computes with the number of samples", "export the model with the batch size 1");
      reals.push_back(static_cast<double>(integer));
    }
    return node.hold({(*constant)->dims, std::move(reals)});
  }
  return node.unsupported("it changes the kind of numbers", "export the model in 32-bit floats throughout");
}

}  // namespace obscura::compiler::onnx_import
