#pragma once

#include <utility>
#include <vector>

#include "compiler/place/error_model.hpp"
#include "compiler/place/scale_plan.hpp"

namespace obscura::compiler::place {

/// Programs with more scales are searched less thoroughly.
inline constexpr std::size_t kManyScales = 12;

/// What the search for primes and scales lowers: the log2 of the error, where a bit of overflow outweighs any
/// precision.
[[nodiscard]] double objective_of(const Prediction& prediction);

/// The steps that a search over the scales of one program takes, and what each changes. Of kManyScales
/// or fewer all runs of neighbours are moved; of more, single ones and all together.
class ScaleSteps {
 public:
  /// One step: scales first..last move together.
  struct Step {
    std::size_t first;
    std::size_t last;
    std::vector<std::pair<std::size_t, int>> moved;  ///< instructions whose scale changes, and by how many bits
    std::vector<std::size_t> touched;                ///< those and the ones that read them
  };

  /// `scales` is of this program.
  ScaleSteps(const plan::program::Program& program, const ScalePlan& scales);

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] const ScalePlan& scales() const { return scales_; }

 private:
  void add(std::size_t first, std::size_t last);
  const ScalePlan& scales_;
  std::vector<std::vector<std::size_t>> operands_;  // [instructions]
  std::vector<Step> steps_;
};

/// Moves `choice` (as for ScalePlan::assign()) to where no step by a bit lowers objective_of() under one parameter set:
/// coordinate descent with shrinking steps. `model` is of the steps' program and of `params`. Returns the prediction
/// there. Deterministic. Cost: a step looks at the instructions that it touches.
Prediction descend(const ScaleSteps& steps, const ErrorModel& model, const fhe::params::ParamSet& params,
                   std::vector<int>& choice);

}  // namespace obscura::compiler::place
