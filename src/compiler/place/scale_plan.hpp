#pragma once

#include <optional>
#include <vector>

#include "compiler/place/levels.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::place {

/// A scale as 2^(sum of multiples of the choices) * rest; the choices are whole numbers of bits.
struct ScaleForm {
  std::vector<int> multiple;  ///< [choices]
  plan::program::Scale rest;

  [[nodiscard]] plan::program::Scale at(const std::vector<int>& choice) const;
};

/// The scales of a program whose levels stand: which may be chosen, and how all others follow exactly from those. The
/// inputs share one choice, and the result of each Linear, ChangeScale and Bootstrap is one more, as far as nothing
/// binds it: summands have equal scales, as do the operands of one Linear, and the squares in between fix ratios by
/// primes.
class ScalePlan {
 public:
  /// Of a program that settle() returned.
  [[nodiscard]] static ScalePlan solve(const plan::program::Program& program);
  /// The number of an instruction whose operands have scales that must be equal and cannot be made so: a ChangeScale
  /// has to stand before it. None when there is a plan.
  [[nodiscard]] static std::optional<std::size_t> conflict(const plan::program::Program& program);

  [[nodiscard]] std::size_t choices() const { return choices_; }
  /// Of the result of each instruction.
  [[nodiscard]] const std::vector<ScaleForm>& results() const { return results_; }
  /// Writes the scales of all instructions and weights.
  void assign(plan::program::Program& program, const std::vector<int>& choice) const;

 private:
  std::size_t choices_ = 0;
  std::vector<ScaleForm> results_;
};

/// Gives levels as assign_levels() does, and puts ChangeScale instructions where summands have scales that cannot be
/// made equal, in front of the summand that costs no further level if there is one. Returns the level of the inputs.
int settle(plan::program::Program& program, Ending ending);

}  // namespace obscura::compiler::place
