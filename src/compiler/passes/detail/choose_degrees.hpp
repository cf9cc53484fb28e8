#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "compiler/passes/detail/trial.hpp"
#include "compiler/passes/fit_options.hpp"

namespace obscura::compiler::passes::detail {

struct Chosen {
  std::vector<std::size_t> degrees;  ///< per activation, in the graph's order
  Measured measured;                 ///< each third of the inputs by polynomials fitted on the others
  bool goal_met = false;
};

/// Chooses a degree of `ladder` (ascending) for each activation as fit_network() says. Large networks are
/// searched on fewer inputs; the result is measured on all. Errors: kUnsupported when the
/// network's own scores are not finite.
[[nodiscard]] base::Result<Chosen> choose_degrees(const graph::Graph& graph,
                                                  std::span<const std::vector<double>> calibration,
                                                  const std::vector<std::size_t>& ladder, const FitOptions& options);

}  // namespace obscura::compiler::passes::detail
