#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "compiler/passes/fitted_activation.hpp"
#include "compiler/passes/runner.hpp"

namespace obscura::compiler::passes {

/// A network whose activations are polynomials.
struct FittedNetwork {
  graph::Graph graph;
  std::vector<FittedActivation> activations{};  ///< in the graph's order
  std::size_t measured_inputs = 0;              ///< that the next two figures come from
  double flip_share = 0.0;                      ///< of them, those whose label changes
  double flip_estimate = 0.0;                   ///< the same share as estimated from pushes and gaps of all inputs
  double score_error = 0.0;                     ///< rms over all scores, relative to the scores' standard deviation
  bool goal_met = true;
};

/// Replaces every Activation, and every Polynomial of degree above 2, by products, sums and factors per
/// channel (fit::expand). Starts with the least degree everywhere and raises, as long as the goal is not
/// met, the degree of the activation that lowers the scores' error most per level, or the lowest degrees where none
/// does on its own; where the goal is out of reach, the result is the first on the way that
/// changes at most most_flips more labels than the best. Errors are
/// measured with each third of the inputs in turn held back from the fit; the polynomials in the result are
/// fitted on all of them. The label is
/// the index of the largest score, or the sign of a single one; Softmax and ArgMax at the end are looked
/// through. Equal arguments give equal results. Errors: kUsage where there are activations but no
/// inputs, or no allowed degree; kMismatch for inputs of another size or with numbers that are not
/// finite; kUnsupported where an activation has no finite values. Cost: about one pass over all inputs per
/// activation and raised degree.
[[nodiscard]] base::Result<FittedNetwork> fit_network(const graph::Graph& graph,
                                                      std::span<const std::vector<double>> calibration,
                                                      const FitOptions& options);

/// The pass: fit_network() with one note per activation and one on the whole; fills PassContext::fitted.
[[nodiscard]] base::Result<graph::Graph> fit_activations(graph::Graph graph, const PassContext& context, Notes& notes);

}  // namespace obscura::compiler::passes
