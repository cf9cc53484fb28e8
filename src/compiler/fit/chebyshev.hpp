#pragma once

#include <span>
#include <vector>

namespace obscura::compiler::fit {

/// Coefficients of a polynomial, lowest degree first: [degree + 1], never empty.
using Series = std::vector<double>;

/// What a polynomial is fitted over; low < high.
struct Interval {
  double low = -1.0;
  double high = 1.0;

  [[nodiscard]] double centre() const { return 0.5 * (low + high); }
  [[nodiscard]] double half_width() const { return 0.5 * (high - low); }
  /// Where x lies when the interval is stretched to [-1, 1].
  [[nodiscard]] double to_unit(double x) const { return (x - centre()) / half_width(); }
};

/// series[0] T_0(t) + series[1] T_1(t) + ... by Clenshaw's recurrence.
[[nodiscard]] double evaluate_chebyshev(std::span<const double> series, double t);

/// The same polynomial in the basis 1, t, t^2, ...; exact up to rounding, which grows as 2^degree.
[[nodiscard]] Series chebyshev_to_monomial(std::span<const double> series);

/// q and r with p = q T_n + r, all as Chebyshev series, and r of degree below n.
struct Division {
  Series quotient;   ///< [degree - n + 1]
  Series remainder;  ///< [n]
};

/// Divides by T_n. Needs n <= degree < 2n; follows from 2 T_m T_n = T_(n+m) + T_(n-m) for m <= n.
[[nodiscard]] Division divide_by_chebyshev(std::span<const double> series, std::size_t n);

/// `count` >= 2 points from -1 to 1 at equal distances.
[[nodiscard]] std::vector<double> even_points(std::size_t count);

}  // namespace obscura::compiler::fit
