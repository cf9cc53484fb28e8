#include "compiler/onnx/detail/interpolate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "compiler/graph/element_order.hpp"

namespace obscura::compiler::onnx_import {
namespace {

using base::Result;

// Where coordinate `at` of the result lies in the operand.
Result<double> origin(Node& node, const std::string& mode, const Along& along, std::int64_t at) {
  const auto x = static_cast<double>(at);
  const auto in = static_cast<double>(along.in);
  const auto out = static_cast<double>(along.out);
  if (mode == "asymmetric") return x / along.scale;
  if (mode == "half_pixel") return (x + 0.5) / along.scale - 0.5;
  if (mode == "pytorch_half_pixel") return along.out > 1 ? (x + 0.5) / along.scale - 0.5 : 0.0;
  // ONNX's reference takes the exact length here, not the one rounded down.
  if (mode == "align_corners") return along.out > 1 ? x * (in - 1.0) / (along.scale * in - 1.0) : 0.0;
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

// Keys' cubic convolution: weights of the four neighbours of a point `t` beyond the second of them.
std::array<double, 4> cubic_weights(double a, double t) {
  const auto inside = [&](double s) { return ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0; };
  const auto outside = [&](double s) { return ((a * s - 5.0 * a) * s + 8.0 * a) * s - 4.0 * a; };
  return {outside(1.0 + t), inside(t), inside(1.0 - t), outside(2.0 - t)};
}

// Neighbours of the point `from` and their weights; those outside count as the edge, or not at all.
std::map<std::int64_t, double> weigh(const ResizeRule& rule, std::int64_t length, double from) {
  const auto below = static_cast<std::int64_t>(std::floor(from));
  const double rest = from - std::floor(from);
  const bool cubic = rule.mode == "cubic";
  const std::array<double, 4> weights =
      cubic ? cubic_weights(rule.cubic, rest) : std::array<double, 4>{0.0, 1.0 - rest, rest, 0.0};
  std::map<std::int64_t, double> result;
  double total = 0.0;
  for (std::int64_t i = cubic ? 0 : 1; i < (cubic ? 4 : 3); ++i) {
    const std::int64_t at = below + i - 1;
    if (rule.exclude_outside && (at < 0 || at >= length)) continue;
    result[std::clamp<std::int64_t>(at, 0, length - 1)] += weights[static_cast<std::size_t>(i)];
    total += weights[static_cast<std::size_t>(i)];
  }
  for (auto& [at, weight] : result) weight /= total;
  return result;
}

// One row of the matrix: the product of one tap per axis, for all their combinations in row-major order.
void write_row(const std::vector<Taps>& taps, const std::vector<std::int64_t>& strides,
               const std::vector<std::int64_t>& at, graph::SparseMatrix& matrix) {
  std::vector<std::pair<std::int64_t, double>> row{{0, 1.0}};
  for (std::size_t d = 0; d < taps.size(); ++d) {
    std::vector<std::pair<std::int64_t, double>> longer;
    for (const auto& [base, factor] : row) {
      for (const auto& [from, weight] : taps[d][static_cast<std::size_t>(at[d])]) {
        longer.emplace_back(base + from * strides[d], factor * weight);
      }
    }
    row = std::move(longer);
  }
  for (const auto& [col, value] : row) {
    matrix.col.push_back(static_cast<std::uint32_t>(col));
    matrix.value.push_back(value);
  }
  matrix.row_ptr.push_back(matrix.entries());
  matrix.bias.push_back(0.0);
}

}  // namespace

Result<Taps> find_taps(Node& node, const ResizeRule& rule, const Along& along) {
  Taps taps;
  for (std::int64_t at = 0; at < along.out; ++at) {
    OBSCURA_TRY(const double from, origin(node, rule.coordinates, along, at));
    // Far outside is as good as just outside, and can be rounded to an integer.
    const double near = std::clamp(from, -4.0, static_cast<double>(along.in) + 4.0);
    if (rule.mode == "nearest") {
      OBSCURA_TRY(const double rounded, round_to_nearest(node, rule.rounding, near));
      taps.push_back({{std::clamp<std::int64_t>(static_cast<std::int64_t>(rounded), 0, along.in - 1), 1.0}});
      continue;
    }
    const auto weights = weigh(rule, along.in, near);
    for (const auto& [at_operand, weight] : weights) {
      if (!std::isfinite(weight)) return node.corrupt("its weights overflow");
    }
    taps.emplace_back(weights.begin(), weights.end());
  }
  return taps;
}

Result<graph::ValueId> interpolate(Node& node, graph::ValueId x, const std::vector<Taps>& taps) {
  const graph::Shape in = node.shape(x);
  graph::Linear linear;
  double entries = 1.0;
  for (const Taps& along : taps) {
    std::size_t count = 0;
    for (const auto& element : along) count += element.size();
    entries *= static_cast<double>(count);
    linear.shape.dims.push_back(static_cast<std::int64_t>(along.size()));
  }
  if (entries > static_cast<double>(graph::kMaxEntries)) {
    return tl::make_unexpected(node.named(
        {base::ErrorCode::kLimit, "it has too many weights when written as a matrix", "resize by nearest neighbours"}));
  }
  linear.matrix.rows = static_cast<std::size_t>(graph::element_count(linear.shape));
  linear.matrix.cols = static_cast<std::size_t>(graph::element_count(in));
  linear.matrix.row_ptr.push_back(0);
  const auto strides = graph::row_major_strides(in);
  for (std::size_t row = 0; row < linear.matrix.rows; ++row) {
    write_row(taps, strides, graph::coordinates(linear.shape, static_cast<std::int64_t>(row)), linear.matrix);
  }
  return node.emit(std::move(linear), {x});
}

}  // namespace obscura::compiler::onnx_import
