#pragma once

#include <vector>

#include "compiler/compile/options.hpp"

namespace obscura::compiler::compile {

/// What the scores of the calibration inputs say about how much error they bear.
struct Tolerance {
  double largest_score = 0;  ///< in absolute value
  double range = 0;          ///< largest score minus smallest
  double most_sd = 0;        ///< error per score that meets the options
};

/// Share of inputs whose best score another one overtakes when every score has an independent Gaussian error of
/// this standard deviation, counting the runner-up only. 0 for networks of one score. [inputs][scores]
[[nodiscard]] double flip_share(const std::vector<std::vector<double>>& scores, double sd);

/// The error that meets the options on all inputs but the one with the least margin; where there is one only, on that.
[[nodiscard]] Tolerance tolerance_of(const std::vector<std::vector<double>>& scores, const CompileOptions& options);

}  // namespace obscura::compiler::compile
