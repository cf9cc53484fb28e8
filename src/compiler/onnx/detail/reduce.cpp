#include <algorithm>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// Axes are an attribute before operator set `input_since`, then an input. They count the batch as 0.
Result<Value> read_reduction(Node& node, std::int64_t input_since, bool mean) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const bool keep = node.attributes().integer("keepdims", 1) != 0;
  const bool none_means_none = node.attributes().integer("noop_with_empty_axes", 0) != 0;
  const graph::Shape shape = node.shape(x);
  OBSCURA_TRY(const Dims axes, read_axes(node, input_since, shape.rank() + 1));
  if (axes.empty() && none_means_none) return x;
  if (axes.empty() || axes.front() == 0) return node.mixes_samples();
  graph::Reduce reduce{{}, mean};
  graph::Shape rest = shape;
  for (std::size_t i = axes.size(); i-- > 0;) {
    reduce.axes.insert(reduce.axes.begin(), static_cast<std::size_t>(axes[i] - 1));
    rest.dims.erase(rest.dims.begin() + axes[i] - 1);
  }
  OBSCURA_TRY(const graph::ValueId reduced, node.emit(std::move(reduce), {x}));
  if (keep) return reduced;
  return node.emit(graph::Reshape{std::move(rest)}, {reduced});
}

}  // namespace

// ReduceMean (operator sets 1, 11, 13, 18).
Result<Value> read_reduce_mean(Node& node) {
  return read_reduction(node, 18, true);
}

// ReduceSum (operator sets 1, 11, 13).
Result<Value> read_reduce_sum(Node& node) {
  return read_reduction(node, 13, false);
}

// GlobalAveragePool: the mean over everything but batch and channels.
Result<Value> read_global_average_pool(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  graph::Reduce reduce{{}, true};
  for (std::size_t d = 1; d < node.shape(x).rank(); ++d) reduce.axes.push_back(d);
  if (reduce.axes.empty()) return node.corrupt("its input has no dimensions besides batch and channels");
  return node.emit(std::move(reduce), {x});
}

}  // namespace obscura::compiler::onnx_import
