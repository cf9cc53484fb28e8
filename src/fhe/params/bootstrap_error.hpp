#pragma once

#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/params/scale.hpp"

namespace obscura::fhe::params {

/// Scales inside a bootstrap that follow from the sizes of primes: of T_4 and everything after it in EvalMod, and of
/// T_1, from which two squarings lead to it (x^4 is divided by q_l^2 q_(l-1) q_(l-2)).
[[nodiscard]] Scale eval_mod_working_scale(const ParamSet& params, const BootstrapParams& bootstrap);
[[nodiscard]] Scale eval_mod_input_scale(const ParamSet& params, const BootstrapParams& bootstrap);

/// Factor of the cosine whose angle is divided by 2^double_angles. The double angles square it, and the last cosine is
/// then v at `output_scale`, whatever scale the primes leave it: A^(2^double_angles) = R / (2 pi) output_scale / that.
[[nodiscard]] double eval_mod_amplitude(const ParamSet& params, const BootstrapParams& bootstrap,
                                        const Scale& output_scale);

/// Half the width of the interval on which EvalMod knows the cosine: its range and a quarter turn.
[[nodiscard]] double eval_mod_half_width(const BootstrapParams& bootstrap);

/// By how much a value v comes out wrong without any noise: v - R / (2 pi) sin(2 pi v / R).
[[nodiscard]] double bootstrap_bias(const BootstrapParams& bootstrap, double v);

/// By how much the polynomial for the cosine changes a value: the first term of the Chebyshev series that is left out,
/// 2 J_(degree + 2)(z) with z the largest angle, at its largest, times the average over the integers I of how the
/// double angles magnify it. Where I = 0, one value in four, they do so twice as much as that.
[[nodiscard]] double bootstrap_truncation(const BootstrapParams& bootstrap);

/// Standard deviation of the noise that a bootstrap adds to the real part of a slot (or the imaginary one), for an
/// input and an output of these scales; what the input's own noise is stays. A sum of independent parts: roundings and
/// key switches of every phase, each carried to the end by how the later phases magnify it. In EvalMod that depends on
/// the integer I to be taken away, whose distribution is that of a sum of weight + 1 uniform numbers, so that slots
/// differ: this is the root of the mean square. It leaves out what is below a hundredth of the whole: errors of
/// encoding SlotsToCoeffs, and of roundings above their rescale.
[[nodiscard]] double bootstrap_noise_sd(const ParamSet& params, const BootstrapParams& bootstrap,
                                        const Scale& input_scale, const Scale& output_scale);

/// What the real part of no slot (or the imaginary one) is off by, for values of at most 1: the bias at 1, the
/// polynomial's error where it is magnified most, and 48 deviations of the noise. A rounding meets the key in a slot as
/// a product of two complex Gaussians, whose tail at d deviations is exp(-sqrt(2) d), and where I = 0 the deviation is
/// twice the root of the mean square: so less than one bootstrap of 2^16 values in 2^32 has a value beyond this. That
/// is the average over keys: a key stays, and in the slots where it is largest - in one of 2^15 it is typically 3.2
/// times its root of the mean square - noise is as much larger in every bootstrap under it, with a Gaussian tail.
[[nodiscard]] double bootstrap_error_bound(const ParamSet& params, const BootstrapParams& bootstrap,
                                           const Scale& input_scale, const Scale& output_scale);

}  // namespace obscura::fhe::params
