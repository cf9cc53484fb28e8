#include <fmt/format.h>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// The axes that the pads speak of: all, or from operator set 18 on those of input 4.
Result<Dims> padded_axes(Node& node, std::size_t rank) {
  Dims axes;
  if (node.opset() >= 18 && node.has_input(3)) {
    OBSCURA_TRY(axes, node.integer_constant(3, "the axes"));
    return axes;
  }
  for (std::size_t d = 0; d < rank; ++d) axes.push_back(static_cast<std::int64_t>(d));
  return axes;
}

Result<double> padding_value(Node& node) {
  if (node.opset() < 11) return node.attributes().real("value", 0.0);
  if (!node.has_input(2)) return 0.0;
  OBSCURA_TRY(const ConstantPtr value, node.real_constant(2, "the padding value"));
  if (value->reals().size() != 1) return node.corrupt("the padding value is not one number");
  return value->reals()[0];
}

}  // namespace

// Pad (operator sets 2, 11, 13, 18, 19, 21): all beginnings, then all ends.
Result<Value> read_pad(Node& node) {
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  if (const std::string mode = node.attributes().text("mode", "constant"); mode != "constant") {
    return node.unsupported(fmt::format("attribute 'mode' is '{}'", mode), "pad with a constant");
  }
  const std::size_t rank = node.shape(x).rank() + 1;
  Dims pads;
  if (node.opset() < 11) {
    pads = node.attributes().integers("pads", {});
  } else {
    OBSCURA_TRY(pads, node.integer_constant(1, "the padding"));
  }
  graph::Pad pad{Dims(rank - 1, 0), Dims(rank - 1, 0), 0.0};
  OBSCURA_TRY(pad.value, padding_value(node));
  OBSCURA_TRY(const Dims axes, padded_axes(node, rank));
  if (pads.size() != 2 * axes.size()) return node.corrupt("the padding does not have two numbers per axis");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    OBSCURA_TRY(const std::size_t axis, wrap_axis(node, axes[i], rank));
    const std::int64_t before = pads[i];
    const std::int64_t after = pads[i + axes.size()];
    if (before < 0 || after < 0) {
      return node.unsupported("negative padding crops the tensor", "crop the images before they are encrypted");
    }
    if (axis == 0 && (before != 0 || after != 0)) {
      return node.unsupported("it pads the batch", "pad only within one sample");
    }
    if (axis == 0) continue;
    pad.before[axis - 1] = before;
    pad.after[axis - 1] = after;
  }
  return node.emit(std::move(pad), {x});
}

}  // namespace obscura::compiler::onnx_import
