#pragma once

#include <span>
#include <vector>

#include "fhe/params/bootstrap_params.hpp"

namespace obscura::fhe::boot {

/// How the diagonals of one factor are divided into baby and giant steps: offset = (first + baby + babies * giant) *
/// stride, 0 <= baby < babies, 0 <= giant < giants. By Horner's rule every giant step uses one key, of babies * stride.
struct RotationPlan {
  int stride;
  int first;  ///< 0, or less where the diagonals go both ways and do not wrap around
  int babies;
  int giants;
  friend bool operator==(const RotationPlan&, const RotationPlan&) = default;
};

/// Of the matrices of SlotsToCoeffs and CoeffsToSlots, in the order of use.
[[nodiscard]] std::vector<RotationPlan> slots_to_coeffs_rotations(const params::BootstrapLiteral& literal);
[[nodiscard]] std::vector<RotationPlan> coeffs_to_slots_rotations(const params::BootstrapLiteral& literal);

}  // namespace obscura::fhe::boot
