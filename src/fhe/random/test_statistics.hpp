#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

/// What the tests of samplers count with.
namespace obscura::fhe::random::test {

/// The regularised incomplete gamma function Q(a, x) by its series, x < a + 1 (NIST DLMF 8.11.4).
inline double gamma_q_by_series(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (double n = a + 1; term > sum * 1e-17; n += 1) {
    term *= x / n;
    sum += term;
  }
  return 1 - sum * std::exp(a * std::log(x) - x - std::lgamma(a));
}

/// The same by its continued fraction, evaluated from the front (modified Lentz), x >= a + 1 (NIST DLMF 8.9.2).
inline double gamma_q_by_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double value = d;
  for (int i = 1; i < 100'000; ++i) {
    const double numerator = -i * (i - a);
    b += 2;
    d = numerator * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    const double factor = c * d;
    value *= factor;
    if (std::abs(factor - 1) < 1e-15) break;
  }
  return value * std::exp(a * std::log(x) - x - std::lgamma(a));
}

/// How likely a chi-square of so many degrees of freedom is to be at least `statistic`.
inline double chi_square_p(double statistic, double freedom) {
  if (statistic <= 0) return 1;
  const double a = freedom / 2;
  const double x = statistic / 2;
  return x < a + 1 ? gamma_q_by_series(a, x) : gamma_q_by_fraction(a, x);
}

struct ChiSquare {
  double statistic = 0;
  double freedom = 0;
  double p = 0;
};

/// Pearson's test of counts against what is expected of them. Neighbouring cells are joined until each expects at least
/// 25, where the statistic is a chi-square to well within the bounds of the tests; a last one that expects less
/// joins the cell before it.
inline ChiSquare chi_square(std::span<const double> counts, std::span<const double> expected) {
  constexpr double kLeast = 25;
  std::vector<double> seen;
  std::vector<double> due;
  double count = 0;
  double expects = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    count += counts[i];
    expects += expected[i];
    if (expects < kLeast) continue;
    seen.push_back(std::exchange(count, 0));
    due.push_back(std::exchange(expects, 0));
  }
  seen.back() += count;
  due.back() += expects;
  ChiSquare result;
  for (std::size_t i = 0; i < seen.size(); ++i) result.statistic += (seen[i] - due[i]) * (seen[i] - due[i]) / due[i];
  result.freedom = static_cast<double>(seen.size()) - 1;
  result.p = chi_square_p(result.statistic, result.freedom);
  return result;
}

}  // namespace obscura::fhe::random::test
