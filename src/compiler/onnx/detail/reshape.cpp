#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// Puts numbers for 0 (the input's dimension) and -1 (what is left) into target[first..]. The
// dimensions from `first` on must hold `elements` elements in all.
Result<Dims> resolve(Node& node, Dims target, const Dims& in, std::size_t first, std::int64_t elements) {
  const bool zero_is_zero = node.attributes().integer("allowzero", 0) != 0;
  std::int64_t known = 1;
  std::size_t open = target.size();
  for (std::size_t d = first; d < target.size(); ++d) {
    if (target[d] == 0 && !zero_is_zero) {
      if (d >= in.size()) return node.corrupt("a dimension of 0 copies one that the input does not have");
      target[d] = in[d];
    }
    if (target[d] == -1 && open == target.size()) {
      open = d;
      continue;
    }
    if (target[d] < 1) return node.mixes_samples();
    if (target[d] > elements / known) return node.mixes_samples();
    known *= target[d];
  }
  if (open < target.size()) {
    target[open] = elements / known;
    known *= target[open];
  }
  if (known != elements) return node.mixes_samples();
  return target;
}

// The shape of one sample after a Reshape to `target`, batch first.
Result<graph::Shape> sample_shape(Node& node, const Dims& target, graph::ValueId x) {
  if (target.empty()) return node.mixes_samples();
  const bool keeps_batch = target[0] == 0 || target[0] == -1 || target[0] == 1 || target[0] == kBatchSize;
  const bool open_twice = target[0] == -1 && std::count(target.begin(), target.end(), -1) > 1;
  if (!keeps_batch || open_twice) return node.mixes_samples();
  OBSCURA_TRY(const Dims resolved, resolve(node, target, node.full_dims(x), 1, graph::element_count(node.shape(x))));
  return graph::Shape{{resolved.begin() + 1, resolved.end()}};
}

// A computed value or a constant under other dimensions.
Result<Value> redimension(Node& node, const Value& value, Dims dims) {
  if (const auto* id = std::get_if<graph::ValueId>(&value)) {
    if (dims.empty() || dims[0] != kBatchSize) return node.mixes_samples();
    return node.emit(graph::Reshape{{{dims.begin() + 1, dims.end()}}}, {*id});
  }
  return node.hold({std::move(dims), std::get<ConstantPtr>(value)->data});
}

Dims dims_of(Node& node, const Value& value) {
  if (const auto* id = std::get_if<graph::ValueId>(&value)) return node.full_dims(*id);
  return std::get<ConstantPtr>(value)->dims;
}

template <class Number>
std::vector<Number> permuted(const std::vector<Number>& values, const Dims& dims, const Dims& permutation) {
  Dims strides(dims.size(), 1);
  for (std::size_t d = dims.size(); d-- > 1;) strides[d - 1] = strides[d] * dims[d];
  std::vector<Number> result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    std::int64_t from = 0;
    for (std::size_t d = dims.size(); d-- > 0;) {
      const auto axis = static_cast<std::size_t>(permutation[d]);
      from += rest % dims[axis] * strides[axis];
      rest /= dims[axis];
    }
    result[i] = values[static_cast<std::size_t>(from)];
  }
  return result;
}

}  // namespace

// Flatten (operator sets 1, 9, 11, 13, 21): the dimensions before `axis` become one, the rest another.
Result<Value> read_flatten(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const graph::Shape shape = node.shape(x);
  const auto rank = static_cast<std::int64_t>(shape.rank()) + 1;
  std::int64_t axis = node.attributes().integer("axis", 1);
  if (axis < -rank || axis > rank) return node.corrupt(fmt::format("axis {} is out of range", axis));
  if (axis < 0) axis += rank;
  if (axis == 0) return node.mixes_samples();
  for (std::int64_t d = 1; d < axis; ++d) {
    if (shape.dims[static_cast<std::size_t>(d) - 1] != 1) return node.mixes_samples();
  }
  return node.emit(graph::Reshape{{{graph::element_count(shape)}}}, {x});
}

// Reshape (operator sets 5, 13, 14, 19, 21).
Result<Value> read_reshape(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  OBSCURA_TRY(const Dims target, node.integer_constant(1, "the shape"));
  if (const auto* id = std::get_if<graph::ValueId>(&value)) {
    OBSCURA_TRY(const graph::Shape shape, sample_shape(node, target, *id));
    return node.emit(graph::Reshape{shape}, {*id});
  }
  const Dims dims = dims_of(node, value);
  OBSCURA_TRY(const std::int64_t elements, count_elements(dims));
  OBSCURA_TRY(Dims resolved, resolve(node, target, dims, 0, elements));
  return redimension(node, value, std::move(resolved));
}

// Squeeze (operator sets 1, 11: attribute axes; 13, 21: input).
Result<Value> read_squeeze(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  Dims dims = dims_of(node, value);
  OBSCURA_TRY(const Dims axes, read_axes(node, 13, dims.size()));
  if (axes.empty()) return node.unsupported("it names no axes", "name the axes to remove");
  for (std::size_t i = axes.size(); i-- > 0;) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    if (dims[axis] == kBatchSize) return node.mixes_samples();
    if (dims[axis] != 1) return node.corrupt(fmt::format("dimension {} is not 1", axis));
    dims.erase(dims.begin() + axes[i]);
  }
  return redimension(node, value, std::move(dims));
}

// Unsqueeze (operator sets 1, 11: attribute axes; 13, 21: input). Axes are those of the result.
Result<Value> read_unsqueeze(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  Dims dims = dims_of(node, value);
  std::size_t added = node.attributes().integers("axes", {}).size();
  if (node.opset() >= 13) {
    OBSCURA_TRY(const Dims axes, node.integer_constant(1, "the axes"));
    added = axes.size();
  }
  if (added > graph::kMaxRank) return node.corrupt("it adds too many dimensions");
  OBSCURA_TRY(const Dims axes, read_axes(node, 13, dims.size() + added));
  for (const std::int64_t axis : axes) dims.insert(dims.begin() + axis, 1);
  return redimension(node, value, std::move(dims));
}

// Transpose (operator sets 1, 13, 21).
Result<Value> read_transpose(Node& node) {
  OBSCURA_TRY(const Value value, node.input(0));
  const Dims dims = dims_of(node, value);
  Dims reversed;
  for (std::size_t d = dims.size(); d-- > 0;) reversed.push_back(static_cast<std::int64_t>(d));
  const Dims permutation = node.attributes().integers("perm", reversed);
  Dims sorted = permutation;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  if (sorted != reversed) return node.corrupt("perm is not a permutation of the input's dimensions");
  if (const auto* id = std::get_if<graph::ValueId>(&value)) {
    if (permutation[0] != 0) return node.mixes_samples();
    graph::Transpose transpose;
    for (std::size_t d = 1; d < permutation.size(); ++d) transpose.permutation.push_back(permutation[d] - 1);
    return node.emit(std::move(transpose), {*id});
  }
  Constant result;
  for (const std::int64_t d : permutation) result.dims.push_back(dims[static_cast<std::size_t>(d)]);
  std::visit([&](const auto& values) { result.data = permuted(values, dims, permutation); },
             std::get<ConstantPtr>(value)->data);
  return node.hold(std::move(result));
}

}  // namespace obscura::compiler::onnx_import
