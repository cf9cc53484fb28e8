#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"

// The operators with which exporters compute the target of a Reshape or the padding of a Pad from the
// shape of a value, on constants only: Shape, Gather, Slice, Concat, ConstantOfShape, Cast. The number
// of samples stays a symbol.

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

// The parts of a constant at these positions along one axis.
template <class Number>
std::vector<Number> take(const std::vector<Number>& values, const Dims& dims, std::size_t axis, const Dims& positions) {
  std::int64_t inner = 1;
  for (std::size_t d = axis + 1; d < dims.size(); ++d) inner *= dims[d];
  std::vector<Number> result;
  const auto block = static_cast<std::size_t>(inner * dims[axis]);
  for (std::size_t outer = 0; outer < values.size(); outer += block) {
    for (const std::int64_t position : positions) {
      const auto from = values.begin() + static_cast<std::ptrdiff_t>(outer) + position * inner;
      result.insert(result.end(), from, from + inner);
    }
  }
  return result;
}

struct SliceBounds {
  Dims starts;
  Dims ends;
  Dims axes;
  Dims steps;
};

// Operator set 1 keeps the bounds in attributes, 10 and later in inputs.
Result<SliceBounds> read_bounds(Node& node) {
  SliceBounds bounds;
  if (node.opset() < 10) {
    bounds.starts = node.attributes().integers("starts", {});
    bounds.ends = node.attributes().integers("ends", {});
    bounds.axes = node.attributes().integers("axes", {});
  } else {
    OBSCURA_TRY(bounds.starts, node.integer_constant(1, "the start"));
    OBSCURA_TRY(bounds.ends, node.integer_constant(2, "the end"));
    if (node.has_input(3)) {
      OBSCURA_TRY(bounds.axes, node.integer_constant(3, "the axes"));
    }
    if (node.has_input(4)) {
      OBSCURA_TRY(bounds.steps, node.integer_constant(4, "the steps"));
    }
  }
  const std::size_t count = bounds.starts.size();
  if (bounds.axes.empty()) {
    for (std::size_t i = 0; i < count; ++i) bounds.axes.push_back(static_cast<std::int64_t>(i));
  }
  if (bounds.steps.empty()) bounds.steps.assign(count, 1);
  if (bounds.ends.size() != count || bounds.axes.size() != count || bounds.steps.size() != count) {
    return node.corrupt("its bounds differ in number");
  }
  return bounds;
}

// The positions that a slice of `size` elements takes, in order. Steps are 1 or -1.
Dims sliced(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) {
  if (start < 0) start = start < -size ? -1 : start + size;
  if (end < 0) end = end < -size ? -1 : end + size;
  Dims positions;
  if (step > 0) {
    for (std::int64_t i = std::max<std::int64_t>(start, 0); i < std::min(end, size); ++i) positions.push_back(i);
  } else {
    for (std::int64_t i = std::min(start, size - 1); i > end; --i) positions.push_back(i);
  }
  return positions;
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

// Slice (operator sets 1, 10, 11, 13) of a constant.
Result<Value> read_slice(Node& node) {
  OBSCURA_TRY(const ConstantPtr constant, node.constant(0, "what it slices"));
  OBSCURA_TRY(const SliceBounds bounds, read_bounds(node));
  Constant result = *constant;
  for (std::size_t i = 0; i < bounds.starts.size(); ++i) {
    OBSCURA_TRY(const std::size_t axis, wrap_axis(node, bounds.axes[i], result.dims.size()));
    if (bounds.steps[i] != 1 && bounds.steps[i] != -1) {
      return node.unsupported(fmt::format("its step is {}", bounds.steps[i]), "use steps of 1 or -1");
    }
    const Dims positions = sliced(bounds.starts[i], bounds.ends[i], bounds.steps[i], result.dims[axis]);
    if (positions.empty()) return node.corrupt("nothing is left of the constant");
    std::visit([&](auto& values) { values = take(values, result.dims, axis, positions); }, result.data);
    result.dims[axis] = static_cast<std::int64_t>(positions.size());
  }
  return node.hold(std::move(result));
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
