#include "deploy/client/release.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace obscura::deploy::client {

namespace {

double step_for(double error_bound) {
  if (!(error_bound > 0)) return std::numeric_limits<double>::min();
  return std::exp2(std::ceil(std::log2(2 * error_bound)));
}

double round_to(double value, double step) {
  return std::round(value / step) * step;
}

}  // namespace

Release release(std::span<const double> scores, const plan::program::ErrorStatement& error,
                std::span<const std::string> labels) {
  OBSCURA_CHECK(!scores.empty(), "an answer has at least one score");
  const auto best = std::max_element(scores.begin(), scores.end());
  double second = -std::numeric_limits<double>::infinity();
  Release result;
  result.label = static_cast<int>(best - scores.begin());
  result.step = step_for(error.score_error_bound);
  for (auto score = scores.begin(); score != scores.end(); ++score) {
    if (score != best) second = std::max(second, *score);
    if (!(std::abs(*score) <= error.score_maximum)) result.in_range = false;
    result.scores.push_back(round_to(*score, result.step));
  }
  const double margin = scores.size() > 1 ? *best - second : std::abs(*best);
  result.margin = round_to(margin, result.step);
  result.decided = margin > 2 * error.score_error_bound;
  const auto index = static_cast<std::size_t>(result.label);
  result.name = index < labels.size() ? labels[index] : std::to_string(result.label);
  return result;
}

}  // namespace obscura::deploy::client
