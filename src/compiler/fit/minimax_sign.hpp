#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "compiler/fit/chebyshev.hpp"

// Sign and absolute value by compositions of odd polynomials: Lee, Lee, No and Kim, "Minimax Approximation of Sign
// Function by Composite Polynomial for Homomorphic Comparison", IEEE TDSC 19(6), 2022.

namespace obscura::compiler::fit {

/// The odd polynomial nearest to 1 on [low, 1], and so to sign(x) on both sides of 0.
struct OddMinimax {
  Series series;       ///< Chebyshev, [degree + 1]; even coefficients are 0
  double error = 0.0;  ///< largest |p(x) - 1| on [low, 1]
};

/// Remez' exchange over x, T_3, T_5, ..., which form a Haar system on (0, 1]: the error reaches its largest
/// value (degree + 3) / 2 times with alternating sign. 0 < low < 1, degree odd in [1, 31].
[[nodiscard]] OddMinimax approximate_sign(double low, std::size_t degree);

/// p_k(...p_2(p_1(x))): within `error` of sign(x) for `threshold` <= |x| <= 1, and within 1 + error of 0 between.
struct CompositeSign {
  std::vector<Series> stages;  ///< each odd; all but the last are scaled to map into [-1, 1]
  double threshold = 0.0;
  double error = 0.0;
  int depth = 0;  ///< levels: the sum of the stages' depths
};

/// The composition of least depth with threshold = 2^-bits and error <= 2^-bits: stages of the highest degree of
/// each depth, chosen so that every depth in all gets as far as it can, and then lowered from the last one on as far
/// as the error allows. Errors: kUsage unless bits is in [1, 20].
[[nodiscard]] base::Result<CompositeSign> composite_sign(double bits);

[[nodiscard]] double evaluate(const CompositeSign& sign, double x);

}  // namespace obscura::compiler::fit
