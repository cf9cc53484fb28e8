#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/onnx/detail/node.hpp"

namespace obscura::compiler::onnx_import {

/// How one axis is resized.
struct Along {
  std::int64_t in;
  std::int64_t out;
  double scale;
};

/// The attributes of ONNX's Resize that say how elements are found and weighed.
struct ResizeRule {
  std::string mode;         ///< "nearest", "linear" or "cubic"
  std::string coordinates;  ///< coordinate_transformation_mode
  std::string rounding;     ///< nearest_mode
  double cubic = -0.75;     ///< cubic_coeff_a
  bool exclude_outside = false;
};

/// What each element of the result is made of: coordinates of the operand, ascending, and their
/// weights. [out]
using Taps = std::vector<std::vector<std::pair<std::int64_t, double>>>;

/// The taps along one axis, one per element for "nearest". Coordinates outside are those of the edge.
/// Errors: kUnsupported for modes that are not listed, kCorrupt for an unknown rounding.
[[nodiscard]] base::Result<Taps> find_taps(Node& node, const ResizeRule& rule, const Along& along);

/// A value of which every element is a sum over the taps of all its axes. Errors: kLimit.
[[nodiscard]] base::Result<graph::ValueId> interpolate(Node& node, graph::ValueId x, const std::vector<Taps>& taps);

}  // namespace obscura::compiler::onnx_import
