#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "plan/weights/testing/branched_plan.hpp"
#include "tests/runtime/predicted_scores.hpp"

/// The compiler's error prediction held against encrypted runs of a program with branches.
namespace obscura::tests {
namespace {

namespace simulate = compiler::simulate;

/// Every second slot of the three computed results is a score.
plan::weights::Plan plan_with_many_scores(bool extended) {
  plan::weights::Plan plan = plan::weights::testing::branched_plan({8, extended});
  plan.program.outputs = {{"many", {}, 1.0, program::Finish::kNone}};
  for (std::int32_t result = 0; result < 3; ++result) {
    for (std::int32_t slot = 0; slot < 128; slot += 2) plan.program.outputs[0].element.push_back({result, slot});
  }
  return plan;
}

class PredictedErrors : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Extended, PredictedErrors, ::testing::Bool());

TEST_P(PredictedErrors, OfProductsChangedScalesAndDroppedOperandsAreMeasured) {
  const plan::weights::Plan plan = plan_with_many_scores(GetParam());
  const params::ParamSet params = program::make_params(plan.program).value();
  const std::uint64_t seed = 41;
  SCOPED_TRACE("seed " + std::to_string(seed));
  const std::vector<Slots> inputs = Owner(plan, seed).draw_inputs(seed);
  const simulate::Trace trace = simulate::execute(plan.program, plan.weights, inputs, {});
  const std::vector<double> exact = simulate::read_scores(plan.program, trace);
  const std::vector<double> variances = predicted_variances(plan, params, trace);
  constexpr std::uint64_t kTrials = 60;
  std::vector<double> ratio(3);  // measured by predicted variance, mean over the scores of a result and the trials
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const std::vector<double> scores = encrypted_scores(plan, inputs, seed + 1 + trial);
    for (std::size_t j = 0; j < scores.size(); ++j) {
      ratio[j / 64] += std::pow(scores[j] - exact[j], 2) / variances[j] / (64 * kTrials);
    }
  }
  for (std::size_t result = 0; result < 3; ++result) {
    std::printf("result %zu: %.3f bits\n", result, 0.5 * std::log2(ratio[result]));
    EXPECT_NEAR(0.5 * std::log2(ratio[result]), 0, 0.25) << "result " << result;
  }
}

}  // namespace
}  // namespace obscura::tests
