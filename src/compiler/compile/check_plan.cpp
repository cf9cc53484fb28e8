#include "compiler/compile/check_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "compiler/compile/noisy_run.hpp"
#include "compiler/graph/interpret.hpp"

namespace obscura::compiler::compile {
namespace {

using Scores = std::vector<double>;

constexpr std::uint64_t kSeed = 20240811;

std::size_t label_of(std::span<const double> scores) {
  if (scores.size() == 1) return scores.front() > 0 ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

double margin_of(std::span<const double> scores) {
  if (scores.size() == 1) return std::abs(scores.front());
  Scores sorted(scores.begin(), scores.end());
  std::partial_sort(sorted.begin(), sorted.begin() + 2, sorted.end(), std::greater<>());
  return sorted[0] - sorted[1];
}

void add_squares(const Scores& a, const Scores& b, Scores& sum) {
  sum.resize(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) sum[i] += (a[i] - b[i]) * (a[i] - b[i]);
}

double largest_difference(const Scores& a, const Scores& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

bool leaves(const passes::FittedActivation& activation, std::span<const double> values) {
  const std::size_t run = values.size() / activation.ranges.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const fit::Interval& range = activation.ranges[i / run];
    if (values[i] < range.low || values[i] > range.high) return true;
  }
  return false;
}

// Numbers of the activations that leave their range on an input.
std::set<std::size_t> leaving(const CheckedNetwork& network, std::span<const double> input) {
  std::set<std::size_t> found;
  if (network.activations.empty()) return found;
  const auto values = graph::interpret_all(network.matched, input);
  for (std::size_t i = 0; i < network.activations.size(); ++i) {
    if (leaves(network.activations[i], values[network.activations[i].input.value()])) found.insert(i);
  }
  return found;
}

double worst_rms(const Scores& squares, std::size_t inputs) {
  if (inputs == 0) return 0;
  return std::sqrt(*std::max_element(squares.begin(), squares.end()) / static_cast<double>(inputs));
}

}  // namespace

Check check_plan(const CheckedNetwork& network, const plan::program::Program& program,
                 const plan::weights::Weights& weights, std::span<const place::Gain> errors, const CheckInputs& check) {
  std::mt19937_64 random(kSeed);
  const std::size_t count = program.outputs.front().element.size();
  const auto first = [&](const Scores& scores) { return std::span(scores).first(count); };
  const double share = 1.0 / static_cast<double>(std::max<std::size_t>(check.inputs.size(), 1));
  Check result;
  result.inputs = check.inputs.size();
  result.unseen = check.unseen;
  result.predicted_noise_sd = program.error.score_error_sd;
  result.noise_bound = program.error.score_error_bound;
  Scores by_polynomials;
  Scores by_noise;
  std::set<std::size_t> left;
  for (const std::vector<double>& input : check.inputs) {
    const Scores exact = graph::interpret(network.network, input);
    const Scores fitted = graph::interpret(network.packable, input);
    const Scores noisy = noisy_scores(program, weights, errors, input, random);
    result.agreement += label_of(first(noisy)) == label_of(first(exact)) ? share : 0;
    result.polynomial_flips += label_of(first(fitted)) != label_of(first(exact)) ? share : 0;
    result.noise_flips += label_of(first(noisy)) != label_of(first(fitted)) ? share : 0;
    result.could_flip += margin_of(first(fitted)) <= 2 * result.noise_bound ? share : 0;
    result.largest_noise = std::max(result.largest_noise, largest_difference(noisy, fitted));
    add_squares(fitted, exact, by_polynomials);
    add_squares(noisy, fitted, by_noise);
    const std::set<std::size_t> now = leaving(network, input);
    result.out_of_range += now.empty() ? 0 : 1;
    left.insert(now.begin(), now.end());
  }
  result.polynomial_error = worst_rms(by_polynomials, check.inputs.size());
  result.noise_sd = worst_rms(by_noise, check.inputs.size());
  for (const std::size_t i : left) result.left.push_back(network.activations[i].name);
  return result;
}

std::string to_text(const Check& check) {
  std::string text =
      fmt::format("checked with {} {} inputs in the clear simulator, errors drawn from the noise model:\n",
                  check.inputs, check.unseen ? "unseen" : "calibration");
  text += fmt::format("  {:.2f} % have the label of the float network; polynomials change {:.2f} %, noise {:.2f} %\n",
                      100 * check.agreement, 100 * check.polynomial_flips, 100 * check.noise_flips);
  text += fmt::format(
      "  score error: polynomials {:.3g} rms; noise {:.3g} measured, {:.3g} predicted, at most {:.3g} of {:.3g}\n",
      check.polynomial_error, check.noise_sd, check.predicted_noise_sd, check.largest_noise, check.noise_bound);
  text += fmt::format("  {:.2f} % have a margin within the stated error and could change their label\n",
                      100 * check.could_flip);
  if (check.out_of_range == 0) return text;
  return text +
         fmt::format(
             "  warning: {} inputs left the calibrated range of the activations {}; calibrate with more inputs\n",
             check.out_of_range, fmt::join(check.left, ", "));
}

}  // namespace obscura::compiler::compile
