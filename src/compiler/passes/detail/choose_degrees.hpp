#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "compiler/passes/detail/fitting_walk.hpp"
#include "compiler/passes/fit_options.hpp"

namespace obscura::compiler::passes::detail {

/// What polynomials do to the answers.
struct Measured {
  std::size_t inputs = 0;    ///< that were measured
  double flip_share = 0.0;   ///< of them, those with another label
  double score_error = 0.0;  ///< rms, relative to the scores' standard deviation
};

struct Chosen {
  std::vector<std::size_t> degrees;  ///< per activation, in the graph's order
  Measured measured;                 ///< on the inputs held back, by polynomials fitted on the others
  bool goal_met = false;
};

/// Chooses a degree of `ladder` (ascending) for each activation as fit_network() says. Large networks are
/// searched on fewer inputs; the result is measured on all that are held back. Errors: kUnsupported when the
/// network's own scores are not finite.
[[nodiscard]] base::Result<Chosen> choose_degrees(const graph::Graph& graph,
                                                  std::span<const std::vector<double>> calibration,
                                                  const std::vector<std::size_t>& ladder, const FitOptions& options);

}  // namespace obscura::compiler::passes::detail
