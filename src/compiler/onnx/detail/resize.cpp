#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/onnx/detail/axes.hpp"
#include "compiler/onnx/detail/operators.hpp"
#include "compiler/onnx/detail/select.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// How one axis is resized.
struct Along {
  std::int64_t in;
  std::int64_t out;
  double scale;
};

struct Rule {
  std::string coordinates;  ///< ONNX's coordinate_transformation_mode
  std::string rounding;     ///< ONNX's nearest_mode
};

// Where coordinate `at` of the result lies in the operand.
Result<double> origin(Node& node, const std::string& mode, const Along& along, std::int64_t at) {
  const auto x = static_cast<double>(at);
  const auto in = static_cast<double>(along.in);
  const auto out = static_cast<double>(along.out);
  if (mode == "asymmetric") return x / along.scale;
  if (mode == "half_pixel") return (x + 0.5) / along.scale - 0.5;
  if (mode == "pytorch_half_pixel") return along.out > 1 ? (x + 0.5) / along.scale - 0.5 : 0.0;
  if (mode == "align_corners") return along.out > 1 ? x * (in - 1.0) / (out - 1.0) : 0.0;
  if (mode == "tf_half_pixel_for_nn") return (x + 0.5) / along.scale;
  if (mode == "half_pixel_symmetric")
    return in / 2.0 * (1.0 - out / (along.scale * in)) + (x + 0.5) / along.scale - 0.5;
  return node.unsupported(fmt::format("attribute 'coordinate_transformation_mode' is '{}'", mode),
                          "resize with half_pixel, asymmetric or align_corners");
}

Result<double> round_to_nearest(Node& node, const std::string& mode, double x) {
  if (mode == "round_prefer_floor") return std::ceil(x - 0.5);
  if (mode == "round_prefer_ceil") return std::floor(x + 0.5);
  if (mode == "floor") return std::floor(x);
  if (mode == "ceil") return std::ceil(x);
  return node.corrupt(fmt::format("attribute 'nearest_mode' has the unknown value '{}'", mode));
}

Result<Dims> nearest(Node& node, const Rule& rule, const Along& along) {
  Dims result;
  for (std::int64_t at = 0; at < along.out; ++at) {
    OBSCURA_TRY(const double from, origin(node, rule.coordinates, along, at));
    OBSCURA_TRY(const double rounded, round_to_nearest(node, rule.rounding, from));
    result.push_back(static_cast<std::int64_t>(std::clamp(rounded, 0.0, static_cast<double>(along.in - 1))));
  }
  return result;
}

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
Result<Value> resize(Node& node, graph::ValueId x, const Rule& rule, const Dims& axes, const std::vector<Number>& to,
                     Make make) {
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
  std::vector<Dims> positions = all_positions(shape);
  for (std::size_t d = 0; d < along.size(); ++d) {
    if (along[d].out == along[d].in && along[d].scale == 1.0) continue;
    OBSCURA_TRY(positions[d], nearest(node, rule, along[d]));
  }
  return take_positions(node, x, positions);
}

Result<void> require_nearest(Node& node) {
  const std::string mode = node.attributes().text("mode", "nearest");
  if (mode == "nearest") return {};
  return node.unsupported(fmt::format("attribute 'mode' is '{}'", mode), "resize by nearest neighbours");
}

// Attributes of Resize that nearest neighbours do not look at, and those that must be at their default.
Result<Rule> read_rule(Node& node) {
  Attributes& attributes = node.attributes();
  for (const char* name : {"cubic_coeff_a", "exclude_outside", "extrapolation_value"}) attributes.ignore(name);
  if (attributes.integer("antialias", 0) != 0)
    return node.unsupported("attribute 'antialias' is 1", "resize without it");
  if (const std::string policy = attributes.text("keep_aspect_ratio_policy", "stretch"); policy != "stretch") {
    return node.unsupported(fmt::format("attribute 'keep_aspect_ratio_policy' is '{}'", policy),
                            "resize with 'stretch'");
  }
  return Rule{attributes.text("coordinate_transformation_mode", "half_pixel"),
              attributes.text("nearest_mode", "round_prefer_floor")};
}

}  // namespace

// Upsample (operator sets 7, 9) and Resize of operator set 10: scales, and always rounding down.
Result<Value> read_upsample(Node& node) {
  OBSCURA_TRY_VOID(require_nearest(node));
  OBSCURA_TRY(const graph::ValueId x, node.computed(0));
  const Dims axes = ascending(static_cast<std::int64_t>(node.shape(x).rank()) + 1);
  std::vector<double> scales;
  if (node.opset() < 9) {
    scales = node.attributes().reals("scales", {});
  } else {
    OBSCURA_TRY(const ConstantPtr constant, node.real_constant(1, "every scale"));
    scales = constant->reals();
  }
  return resize(node, x, Rule{"asymmetric", "floor"}, axes, scales, by_scale);
}

// Resize (operator sets 10, 11, 13, 18, 19): X, region, scales, sizes.
Result<Value> read_resize(Node& node) {
  if (node.opset() < 11) return read_upsample(node);
  OBSCURA_TRY_VOID(require_nearest(node));
  OBSCURA_TRY(const Rule rule, read_rule(node));
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
