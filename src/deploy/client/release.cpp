#include "deploy/client/release.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::deploy::client {

namespace {

using plan::program::Finish;

double step_for(double error_bound) {
  if (!(error_bound > 0)) return std::numeric_limits<double>::min();
  return std::exp2(std::ceil(std::log2(2 * error_bound)));
}

double round_to(double value, double step) {
  return std::round(value / step) * step;
}

std::vector<double> rounded(std::span<const double> scores, double step) {
  std::vector<double> result;
  for (const double score : scores) result.push_back(round_to(score, step));
  return result;
}

int best_of(std::span<const double> scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// Distance of the best score to the second best, or of a single one to zero.
double margin_of(std::span<const double> scores, int best) {
  const double top = scores[static_cast<std::size_t>(best)];
  if (scores.size() == 1) return std::abs(top);
  double second = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (static_cast<int>(i) != best) second = std::max(second, scores[i]);
  }
  return top - second;
}

std::vector<double> log_softmax(std::vector<double> scores) {
  const double top = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (const double score : scores) sum += std::exp(score - top);
  for (double& score : scores) score = score - top - std::log(sum);
  return scores;
}

std::vector<double> finished(Finish finish, std::span<const double> scores, double step) {
  std::vector<double> values;
  switch (finish) {
    case Finish::kNone:
      return rounded(scores, step);
    case Finish::kArgMax:
      return {static_cast<double>(best_of(scores))};
    case Finish::kLogSoftmax:
      return log_softmax(rounded(scores, step));
    case Finish::kSoftmax:
      values = log_softmax(rounded(scores, step));
      for (double& value : values) value = std::exp(value);
      return values;
  }
  OBSCURA_CHECK(false, "an output is finished in an unknown way");
  return {};
}

}  // namespace

std::uint64_t default_release_cap(const plan::program::Program& program) {
  return std::max<std::uint64_t>(1, kReleasedNumbers / (plan::program::score_count(program) + 1));
}

Release release(std::span<const std::vector<double>> scores, const plan::program::Program& program,
                std::span<const std::string> labels) {
  OBSCURA_CHECK(!scores.empty() && scores.size() == program.outputs.size(), "an answer has the scores of each output");
  const plan::program::ErrorStatement& error = program.error;
  const std::vector<double>& first = scores.front();
  Release result;
  result.step = step_for(error.score_error_bound);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    OBSCURA_CHECK(!scores[i].empty(), "an output has at least one score");
    const plan::program::Output& output = program.outputs[i];
    for (const double score : rounded(scores[i], result.step)) {
      if (!(std::abs(score) <= error.score_maximum)) result.in_range = false;
    }
    result.outputs.push_back({output.name, output.finish, finished(output.finish, scores[i], result.step)});
  }
  result.scores = rounded(first, result.step);
  result.label = best_of(first);
  result.margin = round_to(margin_of(first, result.label), result.step);
  result.decided = result.margin >= 2 * result.step;
  const auto index = static_cast<std::size_t>(result.label);
  result.name = index < labels.size() ? labels[index] : std::to_string(result.label);
  return result;
}

}  // namespace obscura::deploy::client
