#include <fmt/format.h>

#include <algorithm>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/select.hpp"

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

// Where coordinate `at` of the result, counted from the operand's beginning, comes from.
std::int64_t origin(const std::string& mode, std::int64_t at, std::int64_t length) {
  if (at >= 0 && at < length) return at;
  if (mode == "edge") return at < 0 ? 0 : length - 1;
  if (mode == "wrap") return (at % length + length) % length;
  // "reflect": there and back again without repeating the ends.
  const std::int64_t period = std::max<std::int64_t>(2 * (length - 1), 1);
  const std::int64_t phase = (at % period + period) % period;
  return std::min(phase, period - phase) % length;
}

// How much is added to a sample: [rank], negative where it is cropped.
struct Amounts {
  Dims before;
  Dims after;
};

Result<Amounts> read_amounts(Node& node, std::size_t rank) {
  Dims pads;
  if (node.opset() < 11) {
    pads = node.attributes().integers("pads", {});
  } else {
    OBSCURA_TRY(pads, node.integer_constant(1, "the padding"));
  }
  OBSCURA_TRY(const Dims axes, padded_axes(node, rank + 1));
  if (pads.size() != 2 * axes.size()) return node.corrupt("the padding does not have two numbers per axis");
  Amounts amounts{Dims(rank, 0), Dims(rank, 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    OBSCURA_TRY(const std::size_t axis, wrap_axis(node, axes[i], rank + 1));
    const std::int64_t before = pads[i];
    const std::int64_t after = pads[i + axes.size()];
    if (std::max(before, after) > graph::kMaxElements || std::min(before, after) < -graph::kMaxElements) {
      return node.corrupt("the padding is out of range");
    }
    if (axis == 0 && (before != 0 || after != 0)) {
      return node.unsupported("it pads the batch", "pad only within one sample");
    }
    if (axis == 0) continue;
    amounts.before[axis - 1] = before;
    amounts.after[axis - 1] = after;
  }
  return amounts;
}

// Coordinates of the operand from -before to length + after, outside ones where the mode puts them.
Result<graph::ValueId> move_edges(Node& node, graph::ValueId x, const Amounts& amounts, const std::string& mode) {
  const graph::Shape shape = node.shape(x);
  graph::Shape result = shape;
  for (std::size_t d = 0; d < shape.rank(); ++d) {
    result.dims[d] = std::max<std::int64_t>(shape.dims[d] + amounts.before[d] + amounts.after[d], 1);
  }
  OBSCURA_TRY_VOID(check_size(node, result));
  std::vector<Dims> positions(shape.rank());
  for (std::size_t d = 0; d < shape.rank(); ++d) {
    for (std::int64_t at = -amounts.before[d]; at < shape.dims[d] + amounts.after[d]; ++at) {
      positions[d].push_back(origin(mode, at, shape.dims[d]));
    }
  }
  return take_positions(node, x, positions);
}

}  // namespace

// Pad (operator sets 2, 11, 13, 18, 19, 21): all beginnings, then all ends. Negative ones crop.
Result<Value> read_pad(Node& node) {
  OBSCURA_TRY(graph::ValueId x, node.computed(0));
  const std::string mode = node.attributes().text("mode", "constant");
  OBSCURA_TRY(Amounts amounts, read_amounts(node, node.shape(x).rank()));
  OBSCURA_TRY(const double value, padding_value(node));
  if (mode == "edge" || mode == "reflect" || mode == "wrap") return move_edges(node, x, amounts, mode);
  if (mode != "constant") return node.corrupt(fmt::format("attribute 'mode' has the unknown value '{}'", mode));
  Amounts crops = amounts;
  for (Dims* side : {&crops.before, &crops.after}) {
    for (std::int64_t& amount : *side) amount = std::min<std::int64_t>(amount, 0);
  }
  OBSCURA_TRY(x, move_edges(node, x, crops, mode));
  for (Dims* side : {&amounts.before, &amounts.after}) {
    for (std::int64_t& amount : *side) amount = std::max<std::int64_t>(amount, 0);
  }
  return node.emit(graph::Pad{std::move(amounts.before), std::move(amounts.after), value}, {x});
}

}  // namespace obscura::compiler::onnx_import
