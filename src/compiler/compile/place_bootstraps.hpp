#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/parallel.hpp"
#include "compiler/compile/observe.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/place/levels.hpp"

namespace obscura::compiler::compile {

/// Between which levels a chain lets a network work, and what that costs.
struct BootstrapPlaces {
  int from = 0;  ///< at which a bootstrap reads
  int to = 0;    ///< at which its result stands
  int top = 0;   ///< from which inputs may start
  std::size_t slots = 0;
  std::function<double(const graph::Node& node, int level)> node_cost;  ///< at its level of work
  double bootstrap_cost = 0;                                            ///< of one ciphertext
};

struct PlacedBootstraps {
  graph::Graph graph;
  double cost = 0;
};

/// The largest magnitude of each value over the inputs. [nodes]
[[nodiscard]] std::vector<double> magnitudes(const graph::Graph& graph, const Inputs& inputs,
                                             const base::Parallel& parallel);

/// The graph with Bootstrap nodes behind some of its values, so that no path between two of them takes more levels than
/// there are, at the least cost: the shortest path over the levels that the values between two nodes must have (as in
/// Benhamouda et al. "Optimization of bootstrapping in circuits", SODA 2017, but by cost instead of number). A value
/// may wait beside one that is bootstrapped, as a residual connection does, and keeps its level meanwhile; where more
/// than two wait no bootstrap is placed, which keeps the states few: at most the cube of the levels. None when a
/// stretch between such places takes too many levels, or when no bootstrap is needed. `most` says how large values get
/// (magnitudes()); those of a bootstrap may grow to four times that before its sine bends them by 2.5e-5. Cost: nodes x
/// states.
[[nodiscard]] std::optional<PlacedBootstraps> place_bootstraps(const graph::Graph& graph, place::Ending ending,
                                                               const BootstrapPlaces& places,
                                                               std::span<const double> most);

}  // namespace obscura::compiler::compile
