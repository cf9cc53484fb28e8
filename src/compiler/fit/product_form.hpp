#pragma once

#include <span>

#include "compiler/fit/chebyshev.hpp"

// Ways to compute a polynomial of t in [-1, 1] with ciphertext products, sums and additive constants
// only: every factor stands at the front or at the end, where a linear layer takes it.
//
// Bits lost compare the error of the result with that of t itself, both measured against half the
// range of the value: if every rescale leaves an error of e on its ciphertext, the result is off by
// up to 2^bits_lost e times that half.

namespace obscura::compiler::fit {

/// p(t) = scale u^2 + shift, u = alpha t + beta, |u| <= 1. One product, depth 1.
struct SquareForm {
  double alpha = 1.0;
  double beta = 0.0;
  double scale = 0.0;
  double shift = 0.0;
  double bits_lost = 0.0;
};

/// p(t) = scale y (y + u + b) + shift, y = u^2 + a, u = alpha t + beta. Two products, depth 2: adapted
/// coefficients (Motzkin; Knuth, TAOCP vol. 2, section 4.6.4, eq. (9)) with the first square completed.
struct QuarticForm {
  double alpha = 1.0;
  double beta = 0.0;
  double a = 0.0;
  double b = 0.0;
  double scale = 0.0;
  double shift = 0.0;
  double bits_lost = 0.0;
};

/// The form of a Chebyshev series of degree 2. A constant has scale 0; otherwise bits lost are infinite where the
/// leading coefficient is 0.
[[nodiscard]] SquareForm square_form(std::span<const double> series);

/// The form of a Chebyshev series of degree 4. Scaling t before the first product is free and changes
/// the constants: the scale with the fewest bits lost is searched for. Constants and leading
/// coefficients of 0 as above.
[[nodiscard]] QuarticForm quartic_form(std::span<const double> series);

/// The forms' values at t, for reference.
[[nodiscard]] double evaluate(const SquareForm& form, double t);
[[nodiscard]] double evaluate(const QuarticForm& form, double t);

/// Half the range of the series over [-1, 1], from 65 points.
[[nodiscard]] double half_range(std::span<const double> series);

/// Whether the series varies by no more than rounding.
[[nodiscard]] bool is_constant(std::span<const double> series);

}  // namespace obscura::compiler::fit
