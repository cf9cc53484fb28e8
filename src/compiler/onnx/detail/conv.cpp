#include <fmt/format.h>

#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/window.hpp"

namespace obscura::compiler::onnx_import {

using base::Result;

// Conv (operator sets 1, 11): X, W [out][in / group][kernel...], optional B [out].
Result<Value> read_conv(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const std::size_t rank = node.shape(x).rank();
  OBSCURA_TRY(const ConstantPtr weights, node.real_constant(1, "the weights"));
  OBSCURA_TRY(const graph::ValueId image, lift_to_image(node, x));
  if (weights->dims.size() != rank + 1) {
    return node.corrupt(fmt::format("weights of {} dimensions on an input of {}", weights->dims.size(), rank + 1));
  }
  const Dims kernel(weights->dims.begin() + 2, weights->dims.end());
  if (node.attributes().integers("kernel_shape", kernel) != kernel) {
    return node.corrupt("kernel_shape differs from the shape of the weights");
  }
  OBSCURA_TRY(const Window window, read_window(node, kernel, node.shape(image)));
  graph::Conv conv;
  const graph::Shape shape{{weights->dims[0], weights->dims[1], window.kernel[0], window.kernel[1]}};
  conv.weights = {shape, weights->reals()};
  conv.bias.assign(static_cast<std::size_t>(weights->dims[0]), 0.0);
  if (node.has_input(2)) {
    OBSCURA_TRY(const ConstantPtr bias, node.real_constant(2, "the bias"));
    conv.bias = bias->reals();
  }
  conv.strides = window.strides;
  conv.pads = window.pads;
  conv.dilations = window.dilations;
  conv.groups = node.attributes().integer("group", 1);
  OBSCURA_TRY(const graph::ValueId y, node.emit(std::move(conv), {image}));
  return drop_from_image(node, y, rank);
}

}  // namespace obscura::compiler::onnx_import
