#pragma once

#include <cstddef>
#include <vector>

#include "compiler/fit/fit_channel.hpp"
#include "compiler/graph/interpret_batch.hpp"

namespace obscura::compiler::passes::detail {

/// Whether the operator is a function of one number that a circuit has to stand for: Activation, Polynomial.
[[nodiscard]] bool needs_circuit(const graph::Op& op);

/// The degree of a Polynomial, which is computed as it is (at least 2); 0 for an Activation.
[[nodiscard]] std::size_t exact_degree(const graph::Op& op);

/// Polynomials for one activation.
struct LayerFit {
  std::size_t degree = 0;
  std::vector<fit::ChannelFit> channels;  ///< one per channel; per element where the function differs so
  double low = 0.0;                       ///< of the calibrated values, all channels together
  double high = 0.0;
};

/// Fits an activation or polynomial node on the first `samples` inputs of its operand's batch. Channels take
/// a few thousand values at most, spread evenly; their ranges are those of all values.
[[nodiscard]] LayerFit fit_layer(const graph::Graph& graph, graph::ValueId id, const graph::Batch& x,
                                 std::size_t samples, std::size_t degree, const fit::FitWeights& weights);

/// The polynomials' values.
[[nodiscard]] graph::Batch apply(const LayerFit& fit, const graph::Batch& x);

}  // namespace obscura::compiler::passes::detail
