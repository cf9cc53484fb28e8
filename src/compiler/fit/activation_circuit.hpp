#pragma once

#include <span>
#include <string>

#include "base/result.hpp"
#include "compiler/fit/chebyshev.hpp"
#include "compiler/graph/graph.hpp"

namespace obscura::compiler::fit {

/// A channel's polynomial: a Chebyshev series of range.to_unit(x).
struct ChannelPolynomial {
  Interval range;
  Series series;
};

/// Nodes that compute an activation.
struct ActivationCircuit {
  graph::ValueId value;    ///< the result
  int depth = 0;           ///< levels, without the scales at the front and at the end
  int products = 0;        ///< of two values
  double bits_lost = 0.0;  ///< of the worst channel; product_form.hpp
};

/// Appends nodes for one polynomial per channel of x (its first dimension) or one per element, all of one
/// degree in [2, 63].
/// An Affine at the front brings x to the form's variable: into [-1, 1], except for degree 4. Degrees 2
/// and 4 are a square and a quartic form with an Affine at the end; other degrees are Paterson and
/// Stockmeyer's in the Chebyshev basis. An Affine with the one factor 1 (graph::only_shifts) costs no
/// level; those at the front and the end can go into linear layers beside. Which nodes there are depends
/// on the degree alone. Errors: those of graph::append.
[[nodiscard]] base::Result<ActivationCircuit> expand(graph::Graph& graph, graph::ValueId x,
                                                     std::span<const ChannelPolynomial> channels,
                                                     const std::string& name);

/// Levels used on the longest way from one node to a later one: 1 for each product and each Affine or
/// other linear operator that does more than shift.
[[nodiscard]] int depth_between(const graph::Graph& graph, graph::ValueId from, graph::ValueId to);

}  // namespace obscura::compiler::fit
