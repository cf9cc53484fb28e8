#include "compiler/fit/chebyshev.hpp"

#include <utility>

#include "base/check.hpp"

namespace obscura::compiler::fit {

double evaluate_chebyshev(std::span<const double> series, double t) {
  double next = 0.0;
  double after = 0.0;
  for (std::size_t k = series.size(); k-- > 1;) after = std::exchange(next, 2.0 * t * next - after + series[k]);
  return t * next - after + series[0];
}

Series chebyshev_to_monomial(std::span<const double> series) {
  // Clenshaw's recurrence on polynomials instead of numbers.
  const std::size_t n = series.size();
  Series next(n, 0.0);
  Series after(n, 0.0);
  for (std::size_t k = n; k-- > 0;) {
    const double factor = k == 0 ? 1.0 : 2.0;
    Series now(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) now[i] = (i > 0 ? factor * next[i - 1] : 0.0) - after[i];
    now[0] += series[k];
    after = std::exchange(next, std::move(now));
  }
  return next;
}

Division divide_by_chebyshev(std::span<const double> series, std::size_t n) {
  OBSCURA_CHECK(n >= 1 && n < series.size() && series.size() <= 2 * n, "the degree is not in [n, 2n)");
  Division result{Series(series.begin() + static_cast<std::ptrdiff_t>(n), series.end()),
                  Series(series.begin(), series.begin() + static_cast<std::ptrdiff_t>(n))};
  for (std::size_t m = 1; m < result.quotient.size(); ++m) {
    result.remainder[n - m] -= result.quotient[m];
    result.quotient[m] *= 2.0;
  }
  return result;
}

std::vector<double> even_points(std::size_t count) {
  OBSCURA_CHECK(count >= 2, "an interval has two ends");
  std::vector<double> points(count);
  for (std::size_t i = 0; i < count; ++i) {
    points[i] = 2.0 * static_cast<double>(i) / static_cast<double>(count - 1) - 1.0;
  }
  return points;
}

}  // namespace obscura::compiler::fit
