#include "compiler/compile/tolerance.hpp"

#include <algorithm>
#include <cmath>

namespace obscura::compiler::compile {
namespace {

double margin_of(std::vector<double> scores) {
  std::partial_sort(scores.begin(), scores.begin() + 2, scores.end(), std::greater<>());
  return scores[0] - scores[1];
}

}  // namespace

double flip_share(const std::vector<std::vector<double>>& scores, double sd) {
  double sum = 0;
  for (const std::vector<double>& row : scores) {
    if (row.size() < 2 || !(sd > 0)) continue;
    // The difference of two scores has twice the variance; P(N(0, 2 sd^2) > margin) = erfc(margin / (2 sd)) / 2.
    sum += 0.5 * std::erfc(margin_of(row) / (2 * sd));
  }
  return scores.empty() ? 0 : sum / static_cast<double>(scores.size());
}

namespace {

// The share of all inputs, of which the one with the least margin adds nothing: a single tie among a few hundred says
// little of how frequent ties are, but would ask for any precision. With it the share is higher by 1 / (2 n) at most.
// Of one input nothing is left out.
double flip_share_without_the_closest(const std::vector<std::vector<double>>& scores, double sd) {
  const double share = flip_share(scores, sd);
  if (scores.size() < 2) return share;
  double most = 0;
  for (const std::vector<double>& row : scores) most = std::max(most, flip_share({row}, sd));
  return share - most / static_cast<double>(scores.size());
}

}  // namespace

Tolerance tolerance_of(const std::vector<std::vector<double>>& scores, const CompileOptions& options) {
  double least = 0;
  double most = 0;
  bool is_first = true;
  for (const std::vector<double>& row : scores) {
    for (const double score : row) {
      least = is_first ? score : std::min(least, score);
      most = is_first ? score : std::max(most, score);
      is_first = false;
    }
  }
  Tolerance tolerance;
  tolerance.largest_score = std::max(std::abs(least), std::abs(most));
  // A network that gave the same score everywhere is measured by that score.
  tolerance.range = most > least ? most - least : tolerance.largest_score;
  double low = 0;
  double high = tolerance.range * options.most_relative_sd;
  tolerance.most_sd = high;
  if (flip_share_without_the_closest(scores, high) <= options.most_flips) return tolerance;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (flip_share_without_the_closest(scores, middle) <= options.most_flips ? low : high) = middle;
  }
  tolerance.most_sd = low;
  return tolerance;
}

}  // namespace obscura::compiler::compile
