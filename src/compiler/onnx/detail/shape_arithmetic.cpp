#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"

// The operators with which exporters compute the target of a Reshape from the shape of a value:
// Shape, Gather, Slice, Concat, Cast, on lists of integers. The number of samples stays a symbol.

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

Result<Value> hold_list(Node& node, Dims values) {
  Dims dims{static_cast<std::int64_t>(values.size())};
  return node.hold({std::move(dims), std::move(values)});
}

// An input that must be a list of integers; `why` the operator is refused when it is not.
Result<Dims> list_input(Node& node, int index) {
  OBSCURA_TRY(const Value value, node.input(index));
  const auto* constant = std::get_if<ConstantPtr>(&value);
  if (constant == nullptr || (*constant)->is_real() || (*constant)->dims.size() > 1) {
    return node.unsupported("it works on something else than the shape of a value",
                            "this version supports the operator only for computing shapes");
  }
  return (*constant)->integers();
}

Result<void> require_first_axis(Node& node, std::int64_t axis) {
  if (axis == 0 || axis == -1) return {};
  return node.corrupt("a list has only the axis 0");
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

Result<std::int64_t> only(Node& node, const Dims& list) {
  if (list.size() == 1) return list[0];
  return node.unsupported("it slices more than one axis", "this version slices only lists of sizes");
}

}  // namespace

// Shape (operator sets 1, 13, 15, 19, 21).
Result<Value> read_shape(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  Dims dims;
  if (const auto* id = std::get_if<graph::ValueId>(&value)) {
    dims = node.shape(*id).dims;
    dims.insert(dims.begin(), kBatchSize);
  } else {
    dims = std::get<ConstantPtr>(value)->dims;
  }
  const auto rank = static_cast<std::int64_t>(dims.size());
  const std::int64_t start = node.attributes().integer("start", 0);
  const std::int64_t end = node.attributes().integer("end", rank);
  return hold_list(node, sublist(dims, start, end));
}

// Gather (operator sets 1, 11, 13).
Result<Value> read_gather(Node& node) {
  OBSCURA_TRY(const Dims list, list_input(node, 0));
  OBSCURA_TRY_VOID(require_first_axis(node, node.attributes().integer("axis", 0)));
  OBSCURA_TRY(const ConstantPtr indices, node.constant(1, "the indices"));
  if (indices->is_real()) return node.corrupt("the indices are not integers");
  Dims result;
  for (const std::int64_t index : indices->integers()) {
    OBSCURA_TRY(const std::size_t at, wrap_axis(node, index, list.size()));
    result.push_back(list[at]);
  }
  return node.hold({indices->dims, std::move(result)});
}

// Concat (operator sets 4, 11, 13).
Result<Value> read_concat(Node& node) {
  OBSCURA_TRY_VOID(require_first_axis(node, node.attributes().integer("axis", 0)));
  Dims result;
  for (int i = 0; i < node.input_count(); ++i) {
    OBSCURA_TRY(const Dims part, list_input(node, i));
    result.insert(result.end(), part.begin(), part.end());
  }
  return hold_list(node, std::move(result));
}

// Slice (operator set 1: attributes; 10, 11, 13: inputs).
Result<Value> read_slice(Node& node) {
  OBSCURA_TRY(const Dims list, list_input(node, 0));
  Dims starts = node.attributes().integers("starts", {});
  Dims ends = node.attributes().integers("ends", {});
  Dims axes = node.attributes().integers("axes", {0});
  Dims steps{1};
  if (node.opset() >= 10) {
    OBSCURA_TRY(starts, node.integer_constant(1, "the start"));
    OBSCURA_TRY(ends, node.integer_constant(2, "the end"));
    if (node.has_input(3)) {
      OBSCURA_TRY(axes, node.integer_constant(3, "the axes"));
    }
    if (node.has_input(4)) {
      OBSCURA_TRY(steps, node.integer_constant(4, "the steps"));
    }
  }
  OBSCURA_TRY(const std::int64_t start, only(node, starts));
  OBSCURA_TRY(const std::int64_t end, only(node, ends));
  OBSCURA_TRY(const std::int64_t axis, only(node, axes));
  OBSCURA_TRY(const std::int64_t step, only(node, steps));
  OBSCURA_TRY_VOID(require_first_axis(node, axis));
  if (step != 1) return node.unsupported(fmt::format("its step is {}", step), "use a step of 1");
  return hold_list(node, sublist(list, start, end));
}

// Cast (operator sets 6, 9, 13, 19, 21) between kinds that hold the same numbers here.
Result<Value> read_cast(Node& node) {
  node.attributes().ignore("saturate");
  const std::int64_t to = node.attributes().integer("to", onnx::TensorProto::UNDEFINED);
  const bool to_real = to == onnx::TensorProto::FLOAT || to == onnx::TensorProto::DOUBLE;
  const bool to_integer = to == onnx::TensorProto::INT64 || to == onnx::TensorProto::INT32;
  OBSCURA_TRY(const Value value, node.input(0));
  const auto* constant = std::get_if<ConstantPtr>(&value);
  const bool is_real = constant == nullptr || (*constant)->is_real();
  if ((is_real && to_real) || (!is_real && to_integer)) return value;
  return node.unsupported("it changes the kind of numbers", "export the model in 32-bit floats throughout");
}

}  // namespace obscura::compiler::onnx_import
