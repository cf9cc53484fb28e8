#include <fmt/format.h>

#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/window.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// One or two numbers of 0 or more as {rows, columns}.
Result<graph::Extent2> read_output_padding(Node& node, std::size_t rank) {
  const Dims values = node.attributes().integers("output_padding", Dims(rank, 0));
  if (values.size() != rank) return node.corrupt(fmt::format("output_padding needs {} numbers", rank));
  for (const std::int64_t value : values) {
    if (value < 0 || value > kMaxExtent) return node.corrupt("output_padding is out of range");
  }
  return rank == 2 ? graph::Extent2{values[0], values[1]} : graph::Extent2{0, values[0]};
}

// The extents that the result must have; empty when the padding decides.
Result<Dims> wanted_extents(Node& node, const Window& window, const graph::Shape& image, std::size_t rank) {
  Dims wanted = node.attributes().integers("output_shape", {});
  const std::string mode = node.attributes().text("auto_pad", "NOTSET");
  if (wanted.empty() && (mode == "SAME_UPPER" || mode == "SAME_LOWER")) {
    return Dims{image.dims[1] * window.strides[0], image.dims[2] * window.strides[1]};
  }
  if (wanted.empty()) return wanted;
  if (wanted.size() == rank + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
  if (wanted.size() != rank) return node.corrupt(fmt::format("output_shape needs {} numbers", rank));
  for (const std::int64_t extent : wanted) {
    if (extent < 1 || extent > kMaxExtent) return node.corrupt("output_shape is out of range");
  }
  if (rank == 1) wanted.insert(wanted.begin(), 1);
  return wanted;
}

// Cuts the result to the wanted extents, or extends it at the end.
void pad_to(graph::ConvTranspose& op, const graph::Shape& image, const Window& window, const Dims& wanted,
            bool more_at_end) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const std::int64_t total =
        window.strides[axis] * (image.dims[axis + 1] - 1) + op.output_padding[axis] + reach - wanted[axis];
    const std::int64_t less = total > 0 ? total / 2 : 0;
    op.pads[axis] = total <= 0 || more_at_end ? less : total - less;
    op.pads[axis + 2] = total <= 0 ? 0 : total - op.pads[axis];
    if (total < 0) op.output_padding[axis] -= total;
  }
}

}  // namespace

// ConvTranspose (operator sets 1, 11): X, W [in][out / group][kernel...], optional B [out].
Result<Value> read_conv_transpose(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const std::size_t rank = node.shape(x).rank();
  OBSCURA_TRY(const ConstantPtr weights, node.real_constant(1, "the weights"));
  OBSCURA_TRY(const graph::ValueId lifted, lift_to_image(node, x));
  if (weights->dims.size() != rank + 1) {
    return node.corrupt(fmt::format("weights of {} dimensions on an input of {}", weights->dims.size(), rank + 1));
  }
  const Dims kernel(weights->dims.begin() + 2, weights->dims.end());
  Attributes& attributes = node.attributes();
  if (attributes.integers("kernel_shape", kernel) != kernel) {
    return node.corrupt("kernel_shape differs from the shape of the weights");
  }
  const graph::Shape image = node.shape(lifted);
  OBSCURA_TRY(const Window window, read_window(node, kernel, image));
  graph::ConvTranspose op;
  const graph::Shape shape{{weights->dims[0], weights->dims[1], window.kernel[0], window.kernel[1]}};
  op.weights = {shape, weights->reals()};
  op.groups = attributes.integer("group", 1);
  // Holds the outputs, and with them the bias, to the number of weights.
  if (op.groups < 1 || op.groups > weights->dims[0]) return node.corrupt("group is out of range");
  op.bias.assign(static_cast<std::size_t>(weights->dims[1] * op.groups), 0.0);
  if (node.has_input(2)) {
    OBSCURA_TRY(const ConstantPtr bias, node.real_constant(2, "the bias"));
    op.bias = bias->reals();
  }
  op.strides = window.strides;
  op.pads = window.pads;
  op.dilations = window.dilations;
  OBSCURA_TRY(op.output_padding, read_output_padding(node, kernel.size()));
  OBSCURA_TRY(const Dims wanted, wanted_extents(node, window, image, kernel.size()));
  if (!wanted.empty()) pad_to(op, image, window, wanted, attributes.text("auto_pad", "") != "SAME_LOWER");
  OBSCURA_TRY(const graph::ValueId y, node.emit(std::move(op), {lifted}));
  return drop_from_image(node, y, rank);
}

}  // namespace obscura::compiler::onnx_import
