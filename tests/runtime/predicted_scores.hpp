#pragma once

#include <cmath>
#include <vector>

#include "compiler/place/error_model.hpp"
#include "compiler/simulate/execute.hpp"
#include "compiler/simulate/sensitivity.hpp"
#include "plan/program/operation.hpp"
#include "runtime/exec/executor.hpp"
#include "tests/runtime/owner.hpp"

/// What the compiler predicts of the errors of a program's scores, and scores with real errors.
namespace obscura::tests {

namespace program = plan::program;

/// Predicted variance of every score for these inputs.
inline std::vector<double> predicted_variances(const plan::weights::Plan& plan, const params::ParamSet& params,
                                               const compiler::simulate::Trace& trace) {
  const std::size_t scores = program::score_count(plan.program);
  compiler::place::Calibration calibration;
  for (const Slots& slots : trace) calibration.magnitude.push_back(std::abs(slots[0]));
  std::vector<double> bits;
  for (const program::Instruction& instruction : plan.program.instructions)
    bits.push_back(instruction.scale.log2(params));
  std::vector<double> variances;
  for (std::size_t score = 0; score < scores; ++score) {
    std::vector<double> direction(scores);
    direction[score] = 1;
    calibration.gains = {{}};
    for (const auto& gain : compiler::simulate::sensitivity(plan.program, plan.weights, trace, direction)) {
      calibration.gains[0].push_back({gain.result, gain.weight, gain.baby, gain.relative});
    }
    variances.push_back(
        std::exp2(2 * compiler::place::ErrorModel(plan.program, calibration, params, 1).predict(bits).log2_sd));
  }
  return variances;
}

/// Decrypted scores of one fresh key, weights and inputs.
inline std::vector<double> encrypted_scores(const plan::weights::Plan& plan, const std::vector<Slots>& inputs,
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

}  // namespace obscura::tests
