#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>

#include "compiler/place/error_model.hpp"
#include "plan/program/testing/random_program.hpp"
#include "tests/runtime/predicted_scores.hpp"

/// Random circuits of every operation but bootstraps: their errors against the bound that the compiler would state.
namespace obscura::tests {
namespace {

namespace simulate = compiler::simulate;

// As compiler/compile/stated_error.cpp states it: of the scores of a plan, one in 2^30 may lie beyond.
const double kBoundDeviations = 30 * std::numbers::ln2 / std::numbers::sqrt2;
constexpr double kSlackBits = 6;
constexpr int kScoresPerResult = 16;

/// 1,000 circuits where OBSCURA_LONG_TESTS is set.
std::uint64_t circuits() {
  return std::getenv("OBSCURA_LONG_TESTS") != nullptr ? 1000 : 60;
}

/// A random program whose values stay small: inputs in the unit square and weights of half that size. Scores stand all
/// over its results.
plan::weights::Plan random_plan(std::uint64_t seed) {
  plan::weights::Plan plan = plan::weights::testing::with_drawn_weights(
      plan::program::testing::random_program(seed, {8, seed % 2 == 1}), seed);
  for (auto& slots : plan.weights.values) {
    for (auto& value : slots) value /= 2;
  }
  program::Output& output = plan.program.outputs.front();
  output = {"many", {}, 1.0, program::Finish::kNone};
  for (std::size_t result = 0; result < plan.program.results.size(); ++result) {
    for (int i = 0; i < kScoresPerResult; ++i) {
      output.element.push_back({static_cast<std::int32_t>(result), static_cast<std::int32_t>(8 * i)});
    }
  }
  return plan;
}

/// What is left of the modulus above the largest value of any slot, at the least, in bits; a plan of the compiler's has
/// some.
double head_room_bits(const plan::weights::Plan& plan, const params::ParamSet& params, const simulate::Trace& trace) {
  double least = 1e9;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const program::Instruction& instruction = plan.program.instructions[i];
    double most = 0;
    for (const auto& slot : trace[i]) {
      if (!std::isfinite(std::abs(slot))) return -1;
      most = std::max(most, std::abs(slot));
    }
    double modulus_bits = 0;
    for (int prime = 0; prime <= instruction.level.value(); ++prime) {
      modulus_bits += std::log2(static_cast<double>(params.q()[static_cast<std::size_t>(prime)].value()));
    }
    least = std::min(least, modulus_bits - 1 - instruction.scale.log2(params) - std::log2(most));
  }
  return least;
}

/// The worst score's error over its bound, as bits; nothing for a program whose values do not fit. Minus infinity for
/// one that subtracts a value from itself: its errors cancel, too.
std::optional<double> worst_bits(std::uint64_t seed) {
  const plan::weights::Plan plan = random_plan(seed);
  const params::ParamSet params = program::make_params(plan.program).value();
  const std::vector<Slots> inputs = Owner(plan, seed).draw_inputs(seed);
  const simulate::Trace trace = simulate::execute(plan.program, plan.weights, inputs, {});
  if (head_room_bits(plan, params, trace) < 2) return std::nullopt;
  const std::vector<double> exact = simulate::read_scores(plan.program, trace);
  const std::vector<double> variances = predicted_variances(plan, params, trace);
  const std::vector<double> scores = encrypted_scores(plan, inputs, seed + 1);
  double worst = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double bits = std::log2(std::abs(scores[i] - exact[i]) / (kBoundDeviations * std::sqrt(variances[i])));
    EXPECT_FALSE(std::isnan(bits)) << "seed " << seed << ", score " << i << ": error " << std::abs(scores[i] - exact[i])
                                   << ", variance " << variances[i];
    worst = std::max(worst, bits);
  }
  return worst;
}

TEST(RandomCircuits, StayWithinTheirBoundsAndNotFarBelow) {
  std::vector<double> worst;
  std::uint64_t seed = 0;
  while (worst.size() < circuits()) {
    const std::optional<double> bits = worst_bits(++seed);
    if (!bits) continue;
    worst.push_back(*bits);
    EXPECT_LT(*bits, 0) << "seed " << seed;
  }
  std::sort(worst.begin(), worst.end());
  std::printf("%zu circuits of %llu drawn: error / bound in bits: least %.2f, median %.2f, most %.2f\n", worst.size(),
              static_cast<unsigned long long>(seed), worst.front(), worst[worst.size() / 2], worst.back());
  EXPECT_LE(seed, circuits() * 3 / 2) << "too many programs outgrow their moduli for this to say much";
  const auto far = std::count_if(worst.begin(), worst.end(), [](double bits) { return bits < -kSlackBits; });
  std::printf("%td of them further than %.0f bits below\n", far, kSlackBits);
  // One in a hundred; of few circuits five deviations more.
  const double expected = static_cast<double>(worst.size()) / 100;
  EXPECT_LE(static_cast<double>(far), worst.size() < 1000 ? expected + 5 * std::sqrt(expected) : expected);
}

}  // namespace
}  // namespace obscura::tests
