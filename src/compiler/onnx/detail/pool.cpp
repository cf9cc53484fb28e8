#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/window.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// With ceil_mode a last window may hang over the padded end. It averages what is inside, which is a
// larger end pad that does not count; a window that would start beyond the image is left out.
Result<void> round_up(Node& node, Window& window, const graph::Shape& image, bool count_include_pad) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t begin = image.dims[axis + 1] + window.pads[axis];
    const std::int64_t rest = begin + window.pads[axis + 2] - window.kernel[axis];
    const std::int64_t stride = window.strides[axis];
    if (rest < 0 || rest % stride == 0) continue;
    const std::int64_t last_start = (rest / stride + 1) * stride;
    if (last_start >= begin) continue;
    if (count_include_pad) {
      return node.unsupported("ceil_mode together with count_include_pad", "export with ceil_mode=False");
    }
    window.pads[axis + 2] += last_start - rest;
  }
  return {};
}

}  // namespace

// AveragePool (operator sets 7, 10, 11, 19).
Result<Value> read_average_pool(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const std::size_t rank = node.shape(x).rank();
  OBSCURA_TRY(const graph::ValueId image, lift_to_image(node, x));
  Attributes& attributes = node.attributes();
  const Dims kernel = attributes.integers("kernel_shape", {});
  if (kernel.size() + 1 != rank) return node.corrupt("kernel_shape does not fit the input");
  OBSCURA_TRY(Window window, read_window(node, kernel, node.shape(image)));
  if (window.dilations != graph::Extent2{1, 1}) {
    return node.unsupported("attribute 'dilations' is not 1", "use average pooling without dilation");
  }
  const bool count_include_pad = attributes.integer("count_include_pad", 0) != 0;
  if (attributes.integer("ceil_mode", 0) != 0) {
    OBSCURA_TRY_VOID(round_up(node, window, node.shape(image), count_include_pad));
  }
  OBSCURA_TRY(const graph::ValueId y,
              node.emit(graph::AveragePool{window.kernel, window.strides, window.pads, count_include_pad}, {image}));
  return drop_from_image(node, y, rank);
}

Result<Value> read_global_average_pool(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const std::size_t rank = node.shape(x).rank();
  OBSCURA_TRY(const graph::ValueId image, lift_to_image(node, x));
  OBSCURA_TRY(const graph::ValueId y,
              node.emit(graph::AveragePool{{node.shape(image).dims[1], node.shape(image).dims[2]}}, {image}));
  return drop_from_image(node, y, rank);
}

// ReduceMean over rows, columns or both; axes are an attribute before operator set 18, then an input.
Result<Value> read_reduce_mean(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const bool keep = node.attributes().integer("keepdims", 1) != 0;
  node.attributes().ignore("noop_with_empty_axes");
  const graph::Shape shape = node.shape(x);
  OBSCURA_TRY(const Dims axes, read_axes(node, 18, shape.rank() + 1));
  graph::Extent2 kernel{1, 1};
  for (const std::int64_t axis : axes) {
    if (shape.rank() != 3 || axis < 2) {
      return node.unsupported("it averages over something else than the rows and columns of images",
                              "average over the last two dimensions");
    }
    kernel[static_cast<std::size_t>(axis) - 2] = shape.dims[static_cast<std::size_t>(axis) - 1];
  }
  if (axes.empty()) return node.unsupported("it names no axes", "name the axes to average over");
  OBSCURA_TRY(const graph::ValueId pooled, node.emit(graph::AveragePool{kernel}, {x}));
  if (keep) return pooled;
  graph::Shape reduced;
  for (std::size_t d = 0; d < shape.rank(); ++d) {
    if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(d) + 1) == axes.end()) {
      reduced.dims.push_back(shape.dims[d]);
    }
  }
  return node.emit(graph::Reshape{reduced}, {pooled});
}

}  // namespace obscura::compiler::onnx_import
