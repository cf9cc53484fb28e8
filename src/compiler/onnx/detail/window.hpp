#pragma once

#include "compiler/onnx/detail/node.hpp"

namespace obscura::compiler::onnx_import {

/// Most elements that a window may have or move along one axis: far above any real one, and small
/// enough that sums and products of two stay exact.
inline constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;

/// A sliding window over rows and columns. One-dimensional operators are windows over one row.
struct Window {
  graph::Extent2 kernel{1, 1};
  graph::Extent2 strides{1, 1};
  graph::Extent2 dilations{1, 1};
  graph::Padding2 pads{0, 0, 0, 0};
};

/// Reads the attributes strides, dilations, pads and auto_pad of a window of the given extents (one
/// or two) over an image {channels, rows, columns}.
[[nodiscard]] base::Result<Window> read_window(Node& node, const Dims& kernel, const graph::Shape& image);

/// {channels, length} as {channels, 1, length}; two-dimensional images stay. kUnsupported for others.
[[nodiscard]] base::Result<graph::ValueId> lift_to_image(Node& node, graph::ValueId x);

/// Undoes lift_to_image on a result when the operand before lifting had `rank` dimensions.
[[nodiscard]] base::Result<graph::ValueId> drop_from_image(Node& node, graph::ValueId y, std::size_t rank);

}  // namespace obscura::compiler::onnx_import
