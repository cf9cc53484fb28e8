#pragma once

#include "fhe/params/index.hpp"
#include "fhe/params/param_set.hpp"

namespace obscura::fhe::params {

/// Predicts the error that each operation adds, as the standard deviation of one coefficient of the
/// error polynomial, in units of 1 (not yet divided by a scale). Errors are treated as independent
/// centred Gaussians; key h is the uniform ternary secret (variance 2/3 per coefficient).
/// Sources: Costache, Curtis, Hales, Murphy, Ogilvie, Player, "On the precision loss in approximate
/// homomorphic encryption", SAC 2023; Bossuat et al., EUROCRYPT 2021, section 2.
class NoiseModel {
 public:
  explicit NoiseModel(const ParamSet& params) : params_(&params) {}

  /// Rounding in encode: each coefficient is rounded to the nearest integer.
  [[nodiscard]] double encode() const;
  /// Public-key encryption modulo QP divided by P (encoding not included).
  [[nodiscard]] double encrypt_public(Level level) const;
  /// Symmetric encryption: one fresh error polynomial.
  [[nodiscard]] double encrypt_symmetric() const;
  /// Rounding added by dividing a two-part ciphertext by one prime (or by P): (r0 + r1 s).
  [[nodiscard]] double division_rounding() const;
  /// Key switching of one polynomial at this level before its ModDown, divided by P; the rounding of
  /// the ModDown itself is division_rounding().
  [[nodiscard]] double key_switch(Level level) const;

  /// From the sd of a coefficient to the sd of the real part of a slot after decoding at a scale, and
  /// back: slot = coefficient * sqrt(N / 2) / scale.
  [[nodiscard]] double slot_from_coefficient(double coefficient_sd, double scale) const;
  [[nodiscard]] double coefficient_from_slot(double slot_sd, double scale) const;

 private:
  const ParamSet* params_;
};

}  // namespace obscura::fhe::params
