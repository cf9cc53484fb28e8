#include "compiler/fit/fit_channel.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"
#include "compiler/fit/least_squares.hpp"
#include "compiler/fit/product_form.hpp"

namespace obscura::compiler::fit {
namespace {

constexpr std::size_t kEvenPoints = 128;
constexpr std::size_t kMostDegree = 63;
// Polynomials of higher degree are steep where nothing holds them, and errors grow with the slope.
constexpr std::size_t kLowDegree = 4;
// Higher ones take the wider margin: T_15 is 57 at 1.05, T_31 is 9000.
constexpr std::size_t kTameDegree = 15;
// Leading coefficients that are tried, as powers of two of half the result's range.
constexpr int kSmallestLeading = -20;
constexpr int kLargestLeading = -2;

// Points in [-1, 1] with the root of their weight.
struct Points {
  std::vector<double> t;
  std::vector<double> root;
  std::vector<double> y;
};

Points points_of(std::span<const double> samples, const Interval& range, const Function& f, std::size_t degree,
                 const FitWeights& weights) {
  Points points;
  const double n = static_cast<double>(samples.size());
  const double scarcity = n > 0.0 ? static_cast<double>(degree + 1) / n : 1.0;
  const bool is_low = degree <= kLowDegree;
  const double least = is_low ? weights.even_share : weights.even_share_above;
  const double even = std::max(least, n > 0.0 ? std::min(is_low ? scarcity * scarcity : scarcity, 0.5) : 1.0);
  const auto evenly = even_points(std::max(kEvenPoints, 2 * (degree + 1)));
  for (const double x : samples) {
    points.t.push_back(range.to_unit(x));
    points.root.push_back(std::sqrt((1.0 - even) / n));
    points.y.push_back(f(x));
  }
  for (const double t : evenly) {
    points.t.push_back(t);
    points.root.push_back(std::sqrt(even / static_cast<double>(evenly.size())));
    points.y.push_back(f(range.centre() + t * range.half_width()));
  }
  return points;
}

LeastSquares problem_of(const Points& points, std::size_t degree) {
  const std::size_t rows = points.t.size();
  std::vector<std::vector<double>> columns(degree + 1, std::vector<double>(rows));
  std::vector<double> b(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    double before = points.root[i] * points.t[i];  // T_-1 = T_1
    double now = points.root[i];
    for (std::size_t k = 0; k <= degree; ++k) {
      columns[k][i] = now;
      before = std::exchange(now, 2.0 * points.t[i] * now - before);
    }
    b[i] = points.root[i] * points.y[i];
  }
  return LeastSquares(std::move(columns), std::move(b));
}

// The unconstrained solution, or the one with the smallest leading coefficient whose form is good enough.
Series solve(const LeastSquares& problem, double most_bits_lost) {
  Series best = problem.solve();
  double fewest = bits_lost(best);
  if (fewest <= most_bits_lost) return best;
  const double half = half_range(best);
  const double sign = std::copysign(1.0, best.back());
  for (int power = kSmallestLeading; power <= kLargestLeading && fewest > most_bits_lost; ++power) {
    Series raised = problem.solve(sign * std::ldexp(half, power));
    const double lost = bits_lost(raised);
    if (lost >= fewest) continue;
    best = std::move(raised);
    fewest = lost;
  }
  return best;
}

}  // namespace

double margin_of(const FitWeights& weights, std::size_t degree) {
  return degree > kTameDegree ? weights.margin_above : weights.margin;
}

Interval widen(double low, double high, double margin, double least_half_width) {
  OBSCURA_CHECK(low <= high && least_half_width > 0.0, "the extent is upside down, or the least width is not above 0");
  const double half = std::max(0.5 * (high - low) * (1.0 + 2.0 * margin), least_half_width);
  const double centre = 0.5 * low + 0.5 * high;
  return {centre - half, centre + half};
}

double bits_lost(std::span<const double> series) {
  if (series.size() == 3) return square_form(series).bits_lost;
  if (series.size() == 5) return quartic_form(series).bits_lost;
  if (is_constant(series)) return 0.0;
  double sum = 0.0;
  for (const double c : series.subspan(1)) sum += std::abs(c);
  return std::max(0.0, std::log2(sum / half_range(series)));
}

ChannelFit fit_channel(std::span<const double> samples, const Interval& range, const Function& f, std::size_t degree,
                       const FitWeights& weights) {
  OBSCURA_CHECK(degree >= 1 && degree <= kMostDegree, "the degree is out of range");
  const Points points = points_of(samples, range, f, degree, weights);
  const LeastSquares problem = problem_of(points, degree);
  ChannelFit fit{range, solve(problem, weights.most_bits_lost)};
  fit.bits_lost = bits_lost(fit.series);
  fit.condition = problem.condition();
  double squares = 0.0;
  for (std::size_t i = 0; i < points.t.size(); ++i) {
    const double error = std::abs(evaluate_chebyshev(fit.series, points.t[i]) - points.y[i]);
    fit.max_error = std::max(fit.max_error, error);
    if (i < samples.size()) squares += error * error;
  }
  if (!samples.empty()) fit.rms_error = std::sqrt(squares / static_cast<double>(samples.size()));
  return fit;
}

}  // namespace obscura::compiler::fit
