#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "compiler/fit/minimax_sign.hpp"
#include "compiler/graph/graph.hpp"

// Functions with kinks by way of |x| = x sign(x): for ranges so wide that no single polynomial will do.

namespace obscura::compiler::fit {

/// bend |x - at|
struct Kink {
  double at = 0.0;
  graph::Coefficients bend;  ///< for all, per channel or per element
};

/// slope x + offset + the kinks; of HardSwish x times that.
struct PiecewiseLinear {
  graph::Coefficients slope{0.0};
  double offset = 0.0;
  std::vector<Kink> kinks;
  bool times_x = false;
};

/// ReLU, LeakyReLU, PReLU, Clip, HardSigmoid and HardSwish in that form; none for other kinds.
[[nodiscard]] std::optional<PiecewiseLinear> piecewise_linear(const graph::Activation& activation);

/// Its value at x; `channel` picks coefficients where there are several.
[[nodiscard]] double evaluate(const PiecewiseLinear& function, std::size_t channel, double x);

/// Nodes for sign(t) of a value in [-1, 1]. Coefficients are the same for all elements and public. Depth: sign.depth.
[[nodiscard]] base::Result<graph::ValueId> append_sign(graph::Graph& graph, graph::ValueId t, const CompositeSign& sign,
                                                       const std::string& name);

/// Nodes for the function of x, whose channels lie in `ranges` (one for all, or one per channel or
/// element). Every kink costs one sign and one product; off by at most bend * reach * max(threshold, error) (1 + error)
/// each, where the reach is the largest |x - at| in the range. Depth: sign.depth + 1, one more for times_x; the scale
/// in front can go into the layer before where there is one kink.
[[nodiscard]] base::Result<graph::ValueId> append_piecewise_linear(graph::Graph& graph, graph::ValueId x,
                                                                   const PiecewiseLinear& function,
                                                                   std::span<const Interval> ranges,
                                                                   const CompositeSign& sign, const std::string& name);

/// Nodes for max(a, b) = (a + b + |a - b|) / 2, where |a - b| <= reach.
[[nodiscard]] base::Result<graph::ValueId> append_maximum(graph::Graph& graph, graph::ValueId a, graph::ValueId b,
                                                          double reach, const CompositeSign& sign,
                                                          const std::string& name);

}  // namespace obscura::compiler::fit
