#include "compiler/onnx/detail/window.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// One or two numbers as {rows, columns}.
Result<graph::Extent2> read_extent(Node& node, std::string_view name, const Dims& values, std::size_t rank) {
  if (values.size() != rank) return node.corrupt(fmt::format("{} needs {} numbers", name, rank));
  for (const std::int64_t value : values) {
    if (value < 1 || value > kMaxExtent) return node.corrupt(fmt::format("{} is out of range", name));
  }
  return rank == 2 ? graph::Extent2{values[0], values[1]} : graph::Extent2{1, values[0]};
}

// ONNX lists all beginnings and then all ends.
Result<graph::Padding2> read_pads(Node& node, const Dims& values, std::size_t rank) {
  if (values.size() != 2 * rank) return node.corrupt(fmt::format("pads needs {} numbers", 2 * rank));
  for (const std::int64_t value : values) {
    if (value < 0) return node.unsupported("negative pads crop the image", "crop the images before they are encrypted");
    if (value > kMaxExtent) return node.corrupt("pads is out of range");
  }
  if (rank == 1) return graph::Padding2{0, values[0], 0, values[1]};
  return graph::Padding2{values[0], values[1], values[2], values[3]};
}

// Padding that makes the result as large as the image divided by the stride, rounded up.
graph::Padding2 same_padding(const Window& window, const graph::Shape& image, bool more_at_end) {
  graph::Padding2 pads{};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t length = image.dims[axis + 1];
    const std::int64_t stride = window.strides[axis];
    const std::int64_t reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const std::int64_t windows = (length + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((windows - 1) * stride + reach - length, 0);
    const std::int64_t less = total / 2;
    pads[axis] = more_at_end ? less : total - less;
    pads[axis + 2] = total - pads[axis];
  }
  return pads;
}

}  // namespace

Result<Window> read_window(Node& node, const Dims& kernel, const graph::Shape& image) {
  const std::size_t rank = kernel.size();
  Attributes& attributes = node.attributes();
  Window window;
  OBSCURA_TRY(window.kernel, read_extent(node, "kernel_shape", kernel, rank));
  OBSCURA_TRY(window.strides, read_extent(node, "strides", attributes.integers("strides", Dims(rank, 1)), rank));
  OBSCURA_TRY(window.dilations, read_extent(node, "dilations", attributes.integers("dilations", Dims(rank, 1)), rank));
  const Dims pads = attributes.integers("pads", Dims(2 * rank, 0));
  const std::string mode = attributes.text("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    window.pads = same_padding(window, image, mode == "SAME_UPPER");
  } else if (mode == "NOTSET" || mode.empty()) {
    OBSCURA_TRY(window.pads, read_pads(node, pads, rank));
  } else if (mode != "VALID") {
    return node.corrupt(fmt::format("auto_pad has the unknown value '{}'", mode));
  }
  return window;
}

Result<graph::ValueId> lift_to_image(Node& node, graph::ValueId x) {
  const graph::Shape shape = node.shape(x);
  if (shape.rank() == 3) return x;
  if (shape.rank() != 2) {
    return node.unsupported(fmt::format("its input has {} dimensions besides the batch", shape.rank()),
                            "one- and two-dimensional windows over {channels, ...} are supported");
  }
  return node.emit(graph::Reshape{{{shape.dims[0], 1, shape.dims[1]}}}, {x});
}

Result<graph::ValueId> drop_from_image(Node& node, graph::ValueId y, std::size_t rank) {
  if (rank == 3) return y;
  const graph::Shape shape = node.shape(y);
  return node.emit(graph::Reshape{{{shape.dims[0], shape.dims[2]}}}, {y});
}

}  // namespace obscura::compiler::onnx_import
