#pragma once

#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/scale.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::boot {

/// Takes integers away from values t = v / R + I, |I| < K, by a sine (Cheon, Han, Kim, Kim, Song, EUROCRYPT 2018):
///   R / (2 pi) sin(2 pi t) = v - (2 pi)^2 v^3 / (6 R^2) + ...
/// as the cosine of a quarter turn less, whose angle is divided by 2^r and doubled r times afterwards (Han, Ki, CT-RSA
/// 2020, section 4). As the cosine is even, a polynomial of half the degree in T_2 gives it.
/// An error of T_2 at t counts half_width^2 / 4t times, and t = -1/4 is where one value in four is. So T_1 and T_2 have
/// larger scales than the rest, and the square of T_2 is divided by two primes; T_4 counts a quarter as much.
class EvalMod {
 public:
  /// What it will make of an input of level bootstrap.eval_mod_level() has exactly the scale `output_scale`. `ring`
  /// must outlive it.
  EvalMod(const ring::RingContext& ring, const params::BootstrapParams& bootstrap, const params::Scale& output_scale);

  /// Inputs are real slots (t - 1/4) / half_width(), in [-1, 1], at input_scale(): what CoeffsToSlots is to leave but
  /// for the quarter, which is taken away here.
  [[nodiscard]] double half_width() const { return half_width_; }
  [[nodiscard]] const params::Scale& input_scale() const { return input_scale_; }

  /// x: slots t / half_width(). Result: v, bootstrap.eval_mod_depth() levels lower. Cost: a product each for T_2 and
  /// the double angles, and those of the polynomial.
  [[nodiscard]] ckks::Ciphertext apply(ckks::Ciphertext x, const ckks::SwitchingKey& relinearize) const;

 private:
  [[nodiscard]] ckks::Ciphertext at_working_scale(const ckks::Ciphertext& x) const;

  const ring::RingContext* ring_;
  double half_width_;
  int double_angles_;
  params::Scale input_scale_;
  params::Scale working_scale_;  ///< of T_4 and all that follows
  params::Scale output_scale_;
  double amplitude_;  ///< of the first cosine; its powers are those of the others
  /// Of T_0, T_1, ... of the polynomial in T_2 of the input: amplitude * cos(2 pi half_width x / 2^r).
  std::vector<double> coefficients_;
};

}  // namespace obscura::fhe::boot
