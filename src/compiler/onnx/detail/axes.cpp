#include "compiler/onnx/detail/axes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::compiler::onnx_import {

base::Result<std::size_t> wrap_axis(Node& node, std::int64_t axis, std::size_t rank) {
  const auto extent = static_cast<std::int64_t>(rank);
  if (axis < -extent || axis >= extent) {
    return node.corrupt(fmt::format("axis {} of a tensor of {} dimensions", axis, rank));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + extent : axis);
}

base::Result<Dims> read_axes(Node& node, std::int64_t input_since, std::size_t rank) {
  Dims axes;
  if (node.opset() < input_since) {
    axes = node.attributes().integers("axes", {});
  } else if (node.has_input(1)) {
    OBSCURA_TRY(axes, node.integer_constant(1, "the axes"));
  }
  for (std::int64_t& axis : axes) {
    OBSCURA_TRY(const std::size_t wrapped, wrap_axis(node, axis, rank));
    axis = static_cast<std::int64_t>(wrapped);
  }
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) return node.corrupt("an axis is named twice");
  return axes;
}

}  // namespace obscura::compiler::onnx_import
