#pragma once

#include <vector>

#include "compiler/simulate/execute.hpp"

namespace obscura::compiler::simulate {

/// How strongly errors that one instruction makes reach one number computed from the scores: the number's
/// variance is the sum over instructions of these gains times the variances of the errors: `relative` that of one
/// number, the others each per slot and per real component, all independent. Exact to first order, correlations
/// included.
struct SourceGain {
  double result = 0;    ///< errors added to the instruction's result
  double weight = 0;    ///< errors of its diagonals: they come multiplied by the rotated operand
  double baby = 0;      ///< errors of its rotated operands (one draw per operand and non-zero baby step)
  double relative = 0;  ///< one relative error that all slots of the result share
};

/// Gains of the number sum_j direction[j] * score_j around the values of `trace`. [instructions]
/// Found by going through the program backwards with the derivative of the number by every slot.
/// Cost: about that of execute().
[[nodiscard]] std::vector<SourceGain> sensitivity(const plan::program::Program& program,
                                                  const plan::weights::Weights& weights, const Trace& trace,
                                                  const std::vector<double>& direction);

}  // namespace obscura::compiler::simulate
