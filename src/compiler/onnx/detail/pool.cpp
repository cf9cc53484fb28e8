#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/window.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// With ceil_mode a last window may hang over the padded end: how far, per axis. A window that would
// start beyond the image is left out.
graph::Extent2 overhang(const Window& window, const graph::Shape& image) {
  graph::Extent2 result{0, 0};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const std::int64_t begin = image.dims[axis + 1] + window.pads[axis];
    const std::int64_t rest = begin + window.pads[axis + 2] - reach;
    const std::int64_t stride = window.strides[axis];
    if (rest < 0 || rest % stride == 0) continue;
    const std::int64_t last_start = (rest / stride + 1) * stride;
    if (last_start < begin) result[axis] = last_start - rest;
  }
  return result;
}

// A pool's window over its input as an image.
struct Pool {
  graph::ValueId image;
  Window window;
  graph::Extent2 overhang{0, 0};
};

Result<Pool> read_pool(Node& node, graph::ValueId x) {
  OBSCURA_TRY(const graph::ValueId image, lift_to_image(node, x));
  const Dims kernel = node.attributes().integers("kernel_shape", {});
  if (kernel.size() + 1 != node.shape(x).rank()) return node.corrupt("kernel_shape does not fit the input");
  OBSCURA_TRY(Window window, read_window(node, kernel, node.shape(image)));
  Pool pool{image, window};
  if (node.attributes().integer("ceil_mode", 0) != 0) pool.overhang = overhang(window, node.shape(image));
  return pool;
}

void extend(graph::Padding2& pads, const graph::Extent2& overhang) {
  pads[2] += overhang[0];
  pads[3] += overhang[1];
}

}  // namespace

// AveragePool (operator sets 7, 10, 11, 19). What hangs over never counts in the divisor; where padding
// does, it is made part of the image.
Result<Value> read_average_pool(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  OBSCURA_TRY(Pool pool, read_pool(node, x));
  Window& window = pool.window;
  if (window.dilations != graph::Extent2{1, 1}) {
    return node.unsupported("attribute 'dilations' is not 1", "use average pooling without dilation");
  }
  bool count_padding = node.attributes().integer("count_include_pad", 0) != 0;
  if (count_padding && pool.overhang != graph::Extent2{0, 0}) {
    const auto& pads = window.pads;
    OBSCURA_TRY(pool.image, node.emit(graph::Pad{{0, pads[0], pads[1]}, {0, pads[2], pads[3]}, 0.0}, {pool.image}));
    window.pads = {0, 0, 0, 0};
    count_padding = false;
  }
  extend(window.pads, pool.overhang);
  OBSCURA_TRY(const graph::ValueId y,
              node.emit(graph::AveragePool{window.kernel, window.strides, window.pads, count_padding}, {pool.image}));
  return drop_from_image(node, y, node.shape(x).rank());
}

// MaxPool (operator sets 1, 8, 10, 11, 12).
Result<Value> read_max_pool(Node& node) {
  if (!node.options().approximate_maxpool) {
    return node.unsupported("the largest of several encrypted values can only be approximated, at a high cost",
                            "use average pooling and train again, or compile with --approximate-maxpool");
  }
  node.attributes().ignore("storage_order");
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  OBSCURA_TRY(Pool pool, read_pool(node, x));
  extend(pool.window.pads, pool.overhang);
  const Window& window = pool.window;
  OBSCURA_TRY(const graph::ValueId y,
              node.emit(graph::MaxPool{window.kernel, window.strides, window.pads, window.dilations}, {pool.image}));
  return drop_from_image(node, y, node.shape(x).rank());
}

}  // namespace obscura::compiler::onnx_import
