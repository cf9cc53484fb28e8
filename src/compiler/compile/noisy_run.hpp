#pragma once

#include <random>
#include <span>
#include <vector>

#include "compiler/place/error_model.hpp"
#include "compiler/simulate/execute.hpp"
#include "plan/program/program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::compiler::compile {

/// What a request of inputs, at most as many as it holds, becomes in the slot simulator, with Gaussian errors of the
/// given variances (place::ErrorModel::sources) drawn afresh for every instruction: of results slot by slot; of a
/// Linear's rotated operands one draw per operand and baby step, through its diagonals; of its diagonals by their sum,
/// which has the variance of one diagonal times the squares of the rotated operands. Cost: about two simulations.
[[nodiscard]] simulate::Trace noisy_trace(const plan::program::Program& program, const plan::weights::Weights& weights,
                                          std::span<const place::Gain> errors,
                                          std::span<const std::vector<double>> inputs, std::mt19937_64& random);

/// The scores of such a run. [inputs][scores]
[[nodiscard]] std::vector<std::vector<double>> noisy_scores(const plan::program::Program& program,
                                                            const plan::weights::Weights& weights,
                                                            std::span<const place::Gain> errors,
                                                            std::span<const std::vector<double>> inputs,
                                                            std::mt19937_64& random);

}  // namespace obscura::compiler::compile
