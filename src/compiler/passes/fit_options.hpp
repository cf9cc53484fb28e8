#pragma once

#include <cstddef>
#include <vector>

#include "compiler/fit/fit_channel.hpp"

namespace obscura::compiler::passes {

/// What may be asked of the polynomials that stand for activations. The defaults suit classifiers.
struct FitOptions {
  fit::FitWeights weights;
  /// Degrees to choose from, ascending, 2..63. Defaults are the highest of each depth 1, 2, 3, 4 whose circuits
  /// lose few bits; 2 and 4 have no factors between products.
  std::vector<std::size_t> degrees{2, 4, 7, 15};
  std::size_t min_degree = 2;      ///< of those, none below: the search starts there
  std::size_t max_degree = 15;     ///< of those, none above
  double most_flips = 0.003;       ///< share of inputs, unseen by the fit, whose label may change
  double most_score_error = 0.01;  ///< for networks with one score only, relative to its standard deviation
};

}  // namespace obscura::compiler::passes
