#pragma once

#include "fhe/params/index.hpp"
#include "fhe/params/param_set.hpp"

namespace obscura::fhe::params {

/// Variance of one coefficient of an error polynomial (centred binomial with 42 coins) and of the
/// uniform ternary secret.
inline constexpr double kErrorVariance = 10.5;
inline constexpr double kSecretVariance = 2.0 / 3.0;

/// Predicts the error that each operation adds, as the standard deviation of one coefficient of the
/// error polynomial, in units of 1 (not yet divided by a scale). Errors are treated as independent
/// centred Gaussians; key h is the uniform ternary secret (variance 2/3 per coefficient).
/// A product of polynomials modulo X^N + 1 with independent centred coefficients of variances u and v
/// has variance N u v per coefficient; all formulas follow from that.
/// Sources: Costache, Curtis, Hales, Murphy, Ogilvie, Player, "On the precision loss in approximate
/// homomorphic encryption", SAC 2023; Bossuat et al., EUROCRYPT 2021, section 2.
class NoiseModel {
 public:
  /// `params` must outlive the model.
  explicit NoiseModel(const ParamSet& params) : params_(&params) {}

  /// Rounding in encode: each coefficient is rounded to the nearest integer, sqrt(1/12).
  [[nodiscard]] double encode() const;
  /// Public-key encryption modulo QP divided by P (encoding not included): v e + e0 + e1 s with v
  /// ternary has variance (1 + 2N * 2/3) 10.5; divided by P^2, plus division_rounding()^2. The same at
  /// every level.
  [[nodiscard]] double encrypt_public(Level level) const;
  /// Symmetric encryption: one fresh error polynomial, sqrt(10.5) = 3.24.
  [[nodiscard]] double encrypt_symmetric() const;
  /// Public-key encryption modulo Q_l P that is not divided by P, for operands of extended products: v e + e0 + e1 s,
  /// sqrt((1 + 2N * 2/3) 10.5).
  [[nodiscard]] double encrypt_public_extended() const;
  /// Rounding added by dividing a two-part ciphertext by one prime (or by P, or by P q_l): r0 + r1 s
  /// with r0 and r1 uniform in [-1/2, 1/2]: sqrt((1 + 2N/3) / 12).
  [[nodiscard]] double division_rounding() const;
  /// Key switching of one polynomial at this level before its ModDown, divided by P; the rounding of
  /// the ModDown itself is division_rounding(). Each digit i is lifted to [-D_i/2, D_i/2], D_i the
  /// product of its primes at this level, and meets a fresh error: sqrt(sum_i N D_i^2/12 * 10.5) / P.
  [[nodiscard]] double key_switch(Level level) const;

  /// From the sd of a coefficient to the sd of the real part of a slot after decoding at a scale, and
  /// back: slot = coefficient * sqrt(N / 2) / scale.
  [[nodiscard]] double slot_from_coefficient(double coefficient_sd, double scale) const;
  [[nodiscard]] double coefficient_from_slot(double slot_sd, double scale) const;

 private:
  const ParamSet* params_;
};

}  // namespace obscura::fhe::params
