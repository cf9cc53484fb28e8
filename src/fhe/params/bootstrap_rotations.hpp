#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "fhe/params/bootstrap_params.hpp"

namespace obscura::fhe::params {

/// How the diagonals of one factor are divided into baby and giant steps: offset = (first + baby + babies * giant) *
/// stride, 0 <= baby < babies, 0 <= giant < giants. By Horner's rule every giant step uses one key, of babies * stride.
struct RotationPlan {
  int stride;
  int first;    ///< 0, or less where the diagonals go both ways and do not wrap around
  int offsets;  ///< diagonals: first, first + 1, ... times the stride
  int babies;
  int giants;
  int period;  ///< of the diagonals: the size of the factor's largest block
  friend bool operator==(const RotationPlan&, const RotationPlan&) = default;
};

/// Of the matrices of SlotsToCoeffs and CoeffsToSlots, in the order of use.
[[nodiscard]] std::vector<RotationPlan> slots_to_coeffs_rotations(const BootstrapLiteral& literal);
[[nodiscard]] std::vector<RotationPlan> coeffs_to_slots_rotations(const BootstrapLiteral& literal);

/// What is done between two points of a bootstrap at which its keys may be exchanged.
struct BootstrapPhase {
  enum class Kind {
    kSlotsToCoeffs,  ///< one matrix
    kRaise,          ///< ModRaise: a key to the sparse secret, of level 0, and one back
    kTrace,          ///< one rotation of the trace onto fewer slots
    kCoeffsToSlots,  ///< one matrix
    kConjugate,
    kReduce,  ///< EvalMod, of both halves where values are complex: the relinearisation key only
  };
  Kind kind;
  std::size_t matrix = 0;               ///< its place in the list of its transform
  Level level;                          ///< the highest at which keys are used
  std::vector<RotationStep> rotations;  ///< a key for each, 1 to N/2 - 1
  friend bool operator==(const BootstrapPhase&, const BootstrapPhase&) = default;
};

/// The phases of a bootstrap of such a ring, in their order. `top` is the chain's highest level.
[[nodiscard]] std::vector<BootstrapPhase> bootstrap_phases(const BootstrapLiteral& literal, int log_n, Level top);

/// The steps by which a bootstrap of such a ring rotates, 1 to N/2 - 1, each with the highest level at which it does:
/// those of both transforms, and of the trace onto fewer slots. `top` is the chain's highest level.
[[nodiscard]] std::map<RotationStep, Level> bootstrap_rotations(const BootstrapLiteral& literal, int log_n, Level top);

}  // namespace obscura::fhe::params
