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

namespace program = plan::program;
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

/// One input on its three ways.
struct Answers {
  Scores exact;
  Scores fitted;
  Scores noisy;
  std::set<std::size_t> left;
};

std::vector<Answers> answers_of(const CheckedNetwork& network, const CheckedPlan& plan,
                                const std::vector<std::vector<double>>& inputs, const base::Parallel& parallel) {
  const auto images = static_cast<std::size_t>(plan.program.input_packing.images);
  std::vector<Answers> answers(inputs.size());
  parallel.for_each((inputs.size() + images - 1) / images, [&](std::size_t request) {
    const std::size_t first = request * images;
    const auto batch = std::span(inputs).subspan(first, std::min(images, inputs.size() - first));
    std::mt19937_64 random(kSeed + request);
    std::vector<Scores> noisy = noisy_scores(plan.program, plan.weights, plan.errors, batch, random);
    for (std::size_t b = 0; b < batch.size(); ++b) {
      answers[first + b] = {graph::interpret(network.network, batch[b]), graph::interpret(network.packable, batch[b]),
                            std::move(noisy[b]), leaving(network, batch[b])};
    }
  });
  return answers;
}

// Adds 1 to the shares that the input counts in. The scores of the first output decide.
void count_labels(const Answers& one, std::size_t scores, int right, Check& result) {
  const auto label = [&](const Scores& all) { return label_of(std::span(all).first(scores)); };
  const std::size_t exact = label(one.exact);
  const std::size_t fitted = label(one.fitted);
  const std::size_t noisy = label(one.noisy);
  result.agreement += noisy == exact ? 1 : 0;
  result.polynomial_flips += fitted != exact ? 1 : 0;
  result.noise_flips += noisy != fitted ? 1 : 0;
  result.could_flip += margin_of(std::span(one.fitted).first(scores)) <= 2 * result.noise_bound ? 1 : 0;
  if (!result.labelled) return;
  result.right += noisy == static_cast<std::size_t>(right) ? 1 : 0;
  result.float_right += exact == static_cast<std::size_t>(right) ? 1 : 0;
}

}  // namespace

Check check_plan(const CheckedNetwork& network, const CheckedPlan& plan, const CheckInputs& check,
                 const base::Parallel& parallel) {
  const program::Program& program = plan.program;
  const std::vector<Answers> answers = answers_of(network, plan, check.inputs, parallel);
  Check result;
  result.inputs = check.inputs.size();
  result.unseen = check.unseen;
  result.labelled = !check.labels.empty();
  result.predicted_noise_sd = program.error.score_error_sd;
  result.noise_bound = program.error.score_error_bound;
  Scores by_polynomials;
  Scores by_noise;
  std::set<std::size_t> left;
  for (std::size_t n = 0; n < answers.size(); ++n) {
    const Answers& one = answers[n];
    const int right = result.labelled ? check.labels[n] : 0;
    count_labels(one, program.outputs.front().element.size(), right, result);
    result.largest_noise = std::max(result.largest_noise, largest_difference(one.noisy, one.fitted));
    add_squares(one.fitted, one.exact, by_polynomials);
    add_squares(one.noisy, one.fitted, by_noise);
    result.out_of_range += one.left.empty() ? 0 : 1;
    left.insert(one.left.begin(), one.left.end());
  }
  for (double* share : {&result.right, &result.float_right, &result.agreement, &result.polynomial_flips,
                        &result.noise_flips, &result.could_flip}) {
    *share /= static_cast<double>(std::max<std::size_t>(answers.size(), 1));
  }
  result.polynomial_error = worst_rms(by_polynomials, answers.size());
  result.noise_sd = worst_rms(by_noise, answers.size());
  for (const std::size_t i : left) result.left.push_back(network.activations[i].name);
  return result;
}

std::string to_text(const Check& check) {
  std::string text =
      fmt::format("checked with {} {} inputs in the clear simulator, errors drawn from the noise model:\n",
                  check.inputs, check.unseen ? "unseen" : "calibration");
  if (check.labelled) {
    text += fmt::format("  {:.2f} % have the right label; of the float network {:.2f} %\n", 100 * check.right,
                        100 * check.float_right);
  }
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
