#include <fmt/format.h>

#include <cmath>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/interpolate.hpp"
#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/select.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// Along an axis whose extent stays.
const ResizeRule kUnchanged{"nearest", "asymmetric", "floor"};

// Extent and scale of one axis from its scale.
Result<Along> by_scale(Node& node, std::int64_t in, double scale) {
  const double out = std::floor(static_cast<double>(in) * scale);
  if (!(scale > 0.0) || out > static_cast<double>(graph::kMaxElements)) return node.corrupt("a scale is out of range");
  return Along{in, static_cast<std::int64_t>(out), scale};
}

Result<Along> by_size(Node& node, std::int64_t in, std::int64_t out) {
  if (out < 1 || out > graph::kMaxElements) return node.corrupt("a size is out of range");
  return Along{in, out, static_cast<double>(out) / static_cast<double>(in)};
}

// Resizes by one scale or one size per axis, `axes` counting the batch as 0.
template <class Number, class Make>
Result<Value> resize(Node& node, graph::ValueId x, const ResizeRule& rule, const Dims& axes,
                     const std::vector<Number>& to, Make make) {
  const graph::Shape shape = node.shape(x);
  if (to.size() != axes.size()) return node.corrupt("it does not have one number per axis");
  graph::Shape result = shape;
  std::vector<Along> along;
  for (const std::int64_t dim : shape.dims) along.push_back({dim, dim, 1.0});
  for (std::size_t i = 0; i < to.size(); ++i) {
    OBSCURA_TRY(const std::size_t axis, wrap_axis(node, axes[i], shape.rank() + 1));
    if (axis == 0) {
      if (to[i] == Number{1} || to[i] == static_cast<Number>(kBatchSize)) continue;
      return node.mixes_samples();
    }
    OBSCURA_TRY(along[axis - 1], make(node, shape.dims[axis - 1], to[i]));
    result.dims[axis - 1] = along[axis - 1].out;
  }
  OBSCURA_TRY_VOID(check_size(node, result));
  std::vector<Taps> taps(along.size());
  for (std::size_t d = 0; d < along.size(); ++d) {
    const bool stays = along[d].out == along[d].in && along[d].scale == 1.0;
    OBSCURA_TRY(taps[d], find_taps(node, stays ? kUnchanged : rule, along[d]));
  }
  if (rule.mode != "nearest") return interpolate(node, x, taps);
  std::vector<Dims> positions(taps.size());
  for (std::size_t d = 0; d < taps.size(); ++d) {
    for (const auto& element : taps[d]) positions[d].push_back(element.front().first);
  }
  return take_positions(node, x, positions);
}

Result<std::string> read_mode(Node& node) {
  const std::string mode = node.attributes().text("mode", "nearest");
  if (mode == "nearest" || mode == "linear" || mode == "cubic") return mode;
  return node.unsupported(fmt::format("attribute 'mode' is '{}'", mode), "resize with nearest, linear or cubic");
}

Result<ResizeRule> read_rule(Node& node) {
  Attributes& attributes = node.attributes();
  attributes.ignore("extrapolation_value");  // of crops, which are refused
  if (attributes.integer("antialias", 0) != 0) {
    return node.unsupported("attribute 'antialias' is 1", "resize without it");
  }
  if (const std::string policy = attributes.text("keep_aspect_ratio_policy", "stretch"); policy != "stretch") {
    return node.unsupported(fmt::format("attribute 'keep_aspect_ratio_policy' is '{}'", policy),
                            "resize with 'stretch'");
  }
  ResizeRule rule;
  OBSCURA_TRY(rule.mode, read_mode(node));
  rule.coordinates = attributes.text("coordinate_transformation_mode", "half_pixel");
  rule.rounding = attributes.text("nearest_mode", "round_prefer_floor");
  rule.cubic = attributes.real("cubic_coeff_a", -0.75);
  rule.exclude_outside = attributes.integer("exclude_outside", 0) != 0;
  return rule;
}

}  // namespace

// Upsample (operator sets 7, 9) and Resize of operator set 10: scales, and always rounding down.
Result<Value> read_upsample(Node& node) {
  OBSCURA_TRY(const std::string mode, read_mode(node));
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const Dims axes = ascending(static_cast<std::int64_t>(node.shape(x).rank()) + 1);
  std::vector<double> scales;
  if (node.opset() < 9) {
    scales = node.attributes().reals("scales", {});
  } else {
    OBSCURA_TRY(const ConstantPtr constant, node.real_constant(1, "every scale"));
    scales = constant->reals();
  }
  return resize(node, x, ResizeRule{mode, "asymmetric", "floor"}, axes, scales, by_scale);
}

// Resize (operator sets 10, 11, 13, 18, 19): X, region, scales, sizes.
Result<Value> read_resize(Node& node) {
  if (node.opset() < 11) return read_upsample(node);
  OBSCURA_TRY(const ResizeRule rule, read_rule(node));
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const Dims axes = node.attributes().integers("axes", ascending(static_cast<std::int64_t>(node.shape(x).rank()) + 1));
  if (node.has_input(2)) {
    OBSCURA_TRY(const ConstantPtr scales, node.real_constant(2, "every scale"));
    if (!scales->reals().empty()) return resize(node, x, rule, axes, scales->reals(), by_scale);
  }
  OBSCURA_TRY(const Dims sizes, node.integer_constant(3, "every size"));
  return resize(node, x, rule, axes, sizes, by_size);
}

}  // namespace obscura::compiler::onnx_import
