#pragma once

#include <vector>

#include "base/parallel.hpp"
#include "compiler/compile/choose_plan.hpp"

namespace obscura::compiler::compile {

/// Variances of the errors that every instruction of a plan makes (place::ErrorModel::sources). [instructions]
[[nodiscard]] std::vector<place::Gain> errors_of(const ChosenPlan& plan, const fhe::params::ParamSet& params,
                                                 double head_room);

/// The error that a plan states for its scores: exceeded by one in 2^30, by the prediction over the single inputs that
/// were observed.
[[nodiscard]] double score_error_bound(const ChosenPlan& plan, const fhe::params::ParamSet& params, double head_room);

/// Whether scores stay within that bound in the slot simulator, with errors drawn (noisy_run.hpp), for a few of the
/// inputs, the last. The prediction was made for other inputs: an input far out on the flank of a polynomial multiplies
/// errors more. A plan that does not keep its bound must not be used, for its answers may be wrong and show more than
/// the bound grants. `graph` is what is packed. Cost: about two simulations for each of 2 to 8 inputs.
[[nodiscard]] bool keeps_its_bound(const graph::Graph& graph, const ChosenPlan& plan,
                                   const fhe::params::ParamSet& params, const Inputs& inputs, double head_room,
                                   const base::Parallel& parallel);

}  // namespace obscura::compiler::compile
