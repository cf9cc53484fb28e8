#pragma once

#include <span>
#include <string>
#include <vector>

#include "plan/program/program.hpp"

namespace obscura::deploy::client {

/// What may leave the key holder about one answer. Numbers are multiples of `step`, the smallest power of two
/// that is at least twice the stated error of a score: the digits below would be error of the computation,
/// and through it the key (Li, Micciancio, EUROCRYPT 2021).
struct Release {
  int label = 0;               ///< number of the best score
  std::string name;            ///< its class name, or the number
  double margin = 0;           ///< distance to the second-best score, rounded
  double step = 0;             ///< what scores and margin are rounded to
  bool decided = false;        ///< the margin exceeds twice the error bound that the plan states
  bool in_range = true;        ///< no score beyond what calibration saw: outside, the stated error does not hold
  std::vector<double> scores;  ///< rounded
};

/// Rounds raw scores for release. `scores` are not empty. `labels` may be empty.
[[nodiscard]] Release release(std::span<const double> scores, const plan::program::ErrorStatement& error,
                              std::span<const std::string> labels);

}  // namespace obscura::deploy::client
