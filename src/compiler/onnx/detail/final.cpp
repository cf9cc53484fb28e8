#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"

// Softmax, LogSoftmax and ArgMax. That they stand at the end is checked on the whole graph.

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// Before operator set 13, softmax runs over the axis and all dimensions after it.
Result<Value> read_soft(Node& node, bool log) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const graph::Shape shape = node.shape(x);
  const bool flattens = node.opset() < 13;
  OBSCURA_TRY(const std::size_t axis,
              wrap_axis(node, node.attributes().integer("axis", flattens ? 1 : -1), shape.rank() + 1));
  if (axis == 0) return node.mixes_samples();
  if (!flattens || axis == shape.rank()) return node.emit(graph::Softmax{axis - 1, log}, {x});
  graph::Shape flat{{shape.dims.begin(), shape.dims.begin() + static_cast<std::ptrdiff_t>(axis) - 1}};
  flat.dims.push_back(graph::element_count(shape) / graph::element_count(flat));
  OBSCURA_TRY(const graph::ValueId joined, node.emit(graph::Reshape{flat}, {x}));
  OBSCURA_TRY(const graph::ValueId soft, node.emit(graph::Softmax{axis - 1, log}, {joined}));
  return node.emit(graph::Reshape{shape}, {soft});
}

}  // namespace

Result<Value> read_softmax(Node& node) {
  return read_soft(node, false);
}

Result<Value> read_log_softmax(Node& node) {
  return read_soft(node, true);
}

// ArgMax (operator sets 1, 11, 12, 13).
Result<Value> read_arg_max(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const bool keep = node.attributes().integer("keepdims", 1) != 0;
  const bool last = node.attributes().integer("select_last_index", 0) != 0;
  graph::Shape rest = node.shape(x);
  OBSCURA_TRY(const std::size_t axis, wrap_axis(node, node.attributes().integer("axis", 0), rest.rank() + 1));
  if (axis == 0) return node.mixes_samples();
  OBSCURA_TRY(const graph::ValueId index, node.emit(graph::ArgMax{axis - 1, last}, {x}));
  if (keep) return index;
  rest.dims.erase(rest.dims.begin() + static_cast<std::ptrdiff_t>(axis) - 1);
  return node.emit(graph::Reshape{std::move(rest)}, {index});
}

}  // namespace obscura::compiler::onnx_import
