#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "compiler/onnx/detail/broadcast.hpp"
#include "compiler/onnx/detail/operators.hpp"

// The operators with which exporters compute the target of a Reshape or the padding of a Pad from the
// shape of a value: Shape, ConstantOfShape, Cast, Floor, Ceil, Equal, Where; Gather, Slice and Concat stand elsewhere.
// The number of samples stays a symbol.

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

// Element i of a list; one number stands for any of them.
std::int64_t at(const Dims& list, std::size_t i) {
  return list[list.size() == 1 ? 0 : i];
}

// The length of lists that fit each other: all of one length, or single numbers.
Result<std::size_t> common_size(Node& node, std::initializer_list<const Dims*> lists) {
  std::size_t size = 1;
  for (const Dims* list : lists) {
    if (list->size() != 1) size = list->size();
  }
  for (const Dims* list : lists) {
    if (list->size() != 1 && list->size() != size)
      return node.corrupt("the shapes of its inputs do not fit each other");
  }
  return size;
}

// Reals cut to integers.
Result<Value> truncate(Node& node, const Constant& constant) {
  Dims integers;
  for (const double real : constant.reals()) {
    if (std::abs(real) > 0x1p53) return node.corrupt("a number is too large for an integer");
    integers.push_back(static_cast<std::int64_t>(real));
  }
  return node.hold({constant.dims, std::move(integers)});
}

Result<Value> map_reals(Node& node, double (*f)(double)) {
  OBSCURA_TRY(const ConstantPtr constant, node.real_constant(0, "its input"));
  std::vector<double> reals = constant->reals();
  for (double& real : reals) real = f(real);
  return node.hold({constant->dims, std::move(reals)});
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
  if (constant != nullptr && to_integer) return truncate(node, **constant);
  return node.unsupported("it changes the kind of numbers", "export the model in 32-bit floats throughout");
}

// Floor and Ceil (operator sets 6, 13) of constants.
Result<Value> read_floor(Node& node) {
  return map_reals(node, [](double x) { return std::floor(x); });
}
Result<Value> read_ceil(Node& node) {
  return map_reals(node, [](double x) { return std::ceil(x); });
}

// Equal (operator sets 7, 11, 13, 19) of two lists, or a list and one number. The number of samples equals
// only itself.
Result<Value> read_equal(Node& node) {
  OBSCURA_TRY(const Dims a, list_input(node, 0));
  OBSCURA_TRY(const Dims b, list_input(node, 1));
  OBSCURA_TRY(const std::size_t size, common_size(node, {&a, &b}));
  Dims result(size);
  for (std::size_t i = 0; i < size; ++i) result[i] = at(a, i) == at(b, i) ? 1 : 0;
  return hold_list(node, std::move(result));
}

// Where (operator sets 9, 16) of lists or single numbers.
Result<Value> read_where(Node& node) {
  OBSCURA_TRY(const Dims condition, list_input(node, 0));
  OBSCURA_TRY(const Dims a, list_input(node, 1));
  OBSCURA_TRY(const Dims b, list_input(node, 2));
  OBSCURA_TRY(const std::size_t size, common_size(node, {&condition, &a, &b}));
  Dims result(size);
  for (std::size_t i = 0; i < size; ++i) result[i] = at(condition, i) != 0 ? at(a, i) : at(b, i);
  return hold_list(node, std::move(result));
}

// Expand (operator sets 8, 13): a value repeated along dimensions of extent 1.
Result<Value> read_expand(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  OBSCURA_TRY(Dims target, list_input(node, 1));
  if (target.size() == node.shape(x).rank() + 1) {
    if (target[0] != 1 && target[0] != kBatchSize) return node.mixes_samples();
    target[0] = 1;
  }
  return broadcast_onto(node, x, target);
}

}  // namespace obscura::compiler::onnx_import
