#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/parallel.hpp"
#include "compiler/compile/calibration.hpp"
#include "compiler/graph/graph.hpp"
#include "compiler/passes/fitted_activation.hpp"
#include "compiler/place/error_model.hpp"
#include "plan/program/program.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::compiler::compile {

/// One network as its stages have it, all without final operators.
struct CheckedNetwork {
  const graph::Graph& network;   ///< as the model has it
  const graph::Graph& matched;   ///< before activations became polynomials
  const graph::Graph& packable;  ///< what the program computes but for noise
  std::span<const passes::FittedActivation> activations;
};

/// What it was compiled to.
struct CheckedPlan {
  const plan::program::Program& program;
  const plan::weights::Weights& weights;
  std::span<const place::Gain> errors;  ///< as CompileOutput has them
};

/// What inputs say about a compiled network. A label is the number of the best score of the first output, or the
/// sign of a single one; shares are of the inputs, errors in units of the scores.
struct Check {
  std::size_t inputs = 0;
  bool unseen = false;            ///< the compilation looked at none of them
  bool labelled = false;          ///< the next two are known
  double right = 0;               ///< share that the program labels rightly
  double float_right = 0;         ///< share that the float network labels rightly
  double agreement = 0;           ///< share with the label of the float network in spite of polynomials and noise
  double polynomial_flips = 0;    ///< share whose label polynomials change
  double noise_flips = 0;         ///< share whose label noise changes after that
  double could_flip = 0;          ///< share whose best two scores lie within twice the stated bound
  double polynomial_error = 0;    ///< rms over inputs of the score that polynomials change most
  double noise_sd = 0;            ///< measured: rms over inputs of the score that errs most
  double predicted_noise_sd = 0;  ///< of the worst score, by the noise model
  double largest_noise = 0;       ///< of any score and input
  double noise_bound = 0;         ///< as the plan states it
  std::size_t out_of_range = 0;   ///< inputs on which an activation left the range that it is fitted to
  std::vector<std::string> left;  ///< those activations
};

/// Runs the program in the slot simulator with errors drawn from the noise model (noisy_scores()) and holds the scores
/// against the network's, as many inputs at a time as a request holds. Deterministic, whatever the number of threads.
/// Cost: about three simulations per request.
[[nodiscard]] Check check_plan(const CheckedNetwork& network, const CheckedPlan& plan, const CheckInputs& check,
                               const base::Parallel& parallel);

/// Lines for people, each ending in a newline.
[[nodiscard]] std::string to_text(const Check& check);

}  // namespace obscura::compiler::compile
