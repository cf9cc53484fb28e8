#pragma once

#include <optional>
#include <vector>

#include "compiler/place/error_model.hpp"
#include "compiler/place/scale_plan.hpp"
#include "fhe/params/param_set.hpp"
#include "plan/program/program.hpp"

namespace obscura::compiler::place {

/// What is given when primes are chosen.
struct PrimeRequest {
  int log_n = 13;
  fhe::params::Security security = fhe::params::Security::k128;
  int primes = 1;         ///< of the chain
  int special = 1;        ///< special primes
  int digits_at_top = 1;  ///< at most this many gadget digits
  double head_room = 4;   ///< see ErrorModel
  /// Larger errors are of no interest: the search gives up early when none of its starts comes near.
  double most_log2_sd = 1000;
};

struct PrimeChoice {
  fhe::params::ParamLiteral literal;
  std::vector<int> scales;  ///< as for ScalePlan::assign()
  double log2_sd = 0;       ///< predicted for the worst score
};

/// Sizes of primes and scales with the least predicted error under the security cap, by local search from
/// several starts: bits move between primes one at a time, scales follow by coordinate descent. Programs with many
/// scales get fewer starts and moves. `scales` is of this program. Deterministic. None when nothing fits: too few bits,
/// or values that would wrap.
[[nodiscard]] std::optional<PrimeChoice> choose_primes(const plan::program::Program& program, const ScalePlan& scales,
                                                       const Calibration& calibration, const PrimeRequest& request);

/// The scales with the least predicted error where the primes stand. `params` are those of the program.
[[nodiscard]] std::optional<PrimeChoice> choose_scales(const plan::program::Program& program, const ScalePlan& scales,
                                                       const Calibration& calibration,
                                                       const fhe::params::ParamSet& params, double head_room);

}  // namespace obscura::compiler::place
