#include "compiler/fit/product_form.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace obscura::compiler::fit {
namespace {

constexpr std::size_t kGrid = 65;
constexpr double kRounding = 0x1p-45;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double largest_slope(std::span<const double> series) {
  const auto grid = even_points(kGrid);
  double most = 0.0;
  for (std::size_t i = 1; i < kGrid; ++i) {
    const double rise = evaluate_chebyshev(series, grid[i]) - evaluate_chebyshev(series, grid[i - 1]);
    most = std::max(most, std::abs(rise) / (grid[i] - grid[i - 1]));
  }
  return most;
}

// A series of degree 4 divided by its leading coefficient in powers of t, and what its forms are measured by.
struct Monic {
  std::array<double, 4> c;  ///< of 1, t, t^2, t^3
  double leading;
  double half;
  double slope;
};

Monic monic(std::span<const double> series) {
  const Series m = chebyshev_to_monomial(series);
  return {{m[0] / m[4], m[1] / m[4], m[2] / m[4], m[3] / m[4]}, m[4], half_range(series), largest_slope(series)};
}

// p / leading = q (q + lambda t + d) + rest with q = t^2 + e t + f: comparing coefficients gives e from
// t^3, 2f + d from t^2, f from t, rest from 1. With u = (t + e/2) / lambda both factors are u^2 and
// u^2 + u up to constants and lambda^2.
QuarticForm adapt(const Monic& p, double lambda) {
  const double e = 0.5 * (p.c[3] - lambda);
  const double both = p.c[2] - e * (e + lambda);
  const double f = (p.c[1] - e * both) / lambda;
  const double d = both - 2.0 * f;
  QuarticForm form;
  form.alpha = 1.0 / lambda;
  form.beta = 0.5 * e / lambda;
  const double squared = lambda * lambda;
  form.a = (f - 0.25 * e * e) / squared;
  form.b = d / squared - form.beta;
  form.scale = p.leading * squared * squared;
  form.shift = p.leading * (p.c[0] - f * (f + d));
  return form;
}

// Errors of 1 on t's multiple u, on the square and on the last product, as they reach the result.
double bits_lost(const QuarticForm& form, const Monic& p) {
  double largest = 0.0;
  double factors = 0.0;
  for (const double t : even_points(kGrid)) {
    const double u = form.alpha * t + form.beta;
    const double y = u * u + form.a;
    const double w = y + u + form.b;
    largest = std::max({largest, 1.0, std::abs(u), std::abs(y), std::abs(w), std::abs(y * w)});
    factors = std::max(factors, std::abs(y) + std::abs(w));
  }
  const double amplified = std::abs(form.scale) * (largest + factors) + p.slope / std::abs(form.alpha);
  return std::max(0.0, std::log2(amplified / p.half));
}

}  // namespace

double half_range(std::span<const double> series) {
  double low = kInfinity;
  double high = -kInfinity;
  for (const double t : even_points(kGrid)) {
    const double value = evaluate_chebyshev(series, t);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return 0.5 * (high - low);
}

bool is_constant(std::span<const double> series) {
  return half_range(series) <= kRounding * std::abs(series[0]);
}

double evaluate(const SquareForm& form, double t) {
  const double u = form.alpha * t + form.beta;
  return form.scale * u * u + form.shift;
}

double evaluate(const QuarticForm& form, double t) {
  const double u = form.alpha * t + form.beta;
  const double y = u * u + form.a;
  return form.scale * y * (y + u + form.b) + form.shift;
}

SquareForm square_form(std::span<const double> series) {
  OBSCURA_CHECK(series.size() == 3, "not of degree 2");
  SquareForm form;
  form.shift = series[0];
  if (is_constant(series)) return form;
  form.bits_lost = kInfinity;
  if (series[2] == 0.0) return form;
  const double vertex = series[1] / (4.0 * series[2]);  // p = 2 s2 (t + vertex)^2 + ...
  const double reach = 1.0 + std::abs(vertex);
  form.alpha = 1.0 / reach;
  form.beta = vertex / reach;
  form.scale = 2.0 * series[2] * reach * reach;
  form.shift = series[0] - series[2] - 2.0 * series[2] * vertex * vertex;
  const double amplified = std::abs(form.scale) + reach * largest_slope(series);
  form.bits_lost = std::max(0.0, std::log2(amplified / half_range(series)));
  return form;
}

QuarticForm quartic_form(std::span<const double> series) {
  OBSCURA_CHECK(series.size() == 5, "not of degree 4");
  QuarticForm best;
  best.shift = series[0];
  if (is_constant(series)) return best;
  best.bits_lost = kInfinity;
  const Monic p = monic(series);
  if (!std::isfinite(p.c[0]) || !std::isfinite(p.c[1]) || !std::isfinite(p.c[2]) || !std::isfinite(p.c[3])) return best;
  const auto consider = [&](double lambda) {
    QuarticForm form = adapt(p, lambda);
    form.bits_lost = bits_lost(form, p);
    if (form.bits_lost < best.bits_lost) best = form;
  };
  for (const double sign : {1.0, -1.0}) {
    for (double octave = -4.0; octave <= 12.0; octave += 0.25) consider(sign * std::exp2(octave));
  }
  for (double step = 0.125; step > 0.01; step *= 0.5) {
    const double lambda = 1.0 / best.alpha;
    consider(lambda * std::exp2(step));
    consider(lambda * std::exp2(-step));
  }
  return best;
}

}  // namespace obscura::compiler::fit
