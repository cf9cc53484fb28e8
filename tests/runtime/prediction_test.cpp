#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/place/error_model.hpp"
#include "compiler/simulate/execute.hpp"
#include "compiler/simulate/sensitivity.hpp"
#include "plan/program/operation.hpp"
#include "plan/weights/testing/branched_plan.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"

/// The compiler's error prediction held against encrypted runs of a program with branches.
namespace obscura::tests {
namespace {

namespace program = plan::program;
namespace simulate = compiler::simulate;
namespace place = compiler::place;

/// Every second slot of the three computed results is a score.
plan::weights::Plan plan_with_many_scores(bool extended) {
  plan::weights::Plan plan = plan::weights::testing::branched_plan({8, extended});
  plan.program.outputs = {{"many", {}, 1.0, program::Finish::kNone}};
  for (std::int32_t result = 0; result < 3; ++result) {
    for (std::int32_t slot = 0; slot < 128; slot += 2) plan.program.outputs[0].element.push_back({result, slot});
  }
  return plan;
}

/// Predicted variance of every score for these inputs.
std::vector<double> predicted(const plan::weights::Plan& plan, const params::ParamSet& params,
                              const simulate::Trace& trace) {
  const std::size_t scores = program::score_count(plan.program);
  place::Calibration calibration;
  for (const Slots& slots : trace) calibration.magnitude.push_back(std::abs(slots[0]));
  std::vector<double> bits;
  for (const program::Instruction& instruction : plan.program.instructions)
    bits.push_back(instruction.scale.log2(params));
  std::vector<double> variances;
  for (std::size_t score = 0; score < scores; ++score) {
    std::vector<double> direction(scores);
    direction[score] = 1;
    calibration.gains = {{}};
    for (const auto& gain : simulate::sensitivity(plan.program, plan.weights, trace, direction)) {
      calibration.gains[0].push_back({gain.result, gain.weight, gain.baby, gain.relative});
    }
    variances.push_back(std::exp2(2 * place::ErrorModel(plan.program, calibration, params, 1).predict(bits).log2_sd));
  }
  return variances;
}

/// Decrypted scores of one fresh key, weights and inputs.
std::vector<double> encrypted_scores(const plan::weights::Plan& plan, const std::vector<Slots>& inputs,
                                     std::uint64_t seed) {
  Owner owner(plan, seed);
  auto weights = owner.loaded_weights();
  const auto executor =
      runtime::exec::Executor::create(owner.engine().context(), owner.plan().program, owner.engine().keys()).value();
  const auto encrypted = owner.encrypt(inputs);
  const auto results = executor.run(encrypted, weights).value();
  std::vector<double> scores;
  for (const program::OutputSlot& element : plan.program.outputs[0].element) {
    const Slots slots = owner.engine().decrypt(results[static_cast<std::size_t>(element.result)]);
    scores.push_back(slots[static_cast<std::size_t>(element.slot)].real());
  }
  return scores;
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
  const std::vector<double> variances = predicted(plan, params, trace);
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
