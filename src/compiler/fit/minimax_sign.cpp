#include "compiler/fit/minimax_sign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/check.hpp"

namespace obscura::compiler::fit {
namespace {

using Real = long double;

constexpr std::size_t kMostDegree = 31;
constexpr int kMostExchanges = 60;
constexpr int kMostDepth = 40;
// Relative difference of the extrema at which the exchange has converged.
constexpr Real kLevel = 1e-9L;
// What the arithmetic leaves of an error at best.
constexpr Real kFloor = 1e-15L;

// T_1, T_3, ... at x: [count].
std::vector<Real> odd_chebyshev(Real x, std::size_t count) {
  std::vector<Real> values(count);
  Real before = x;                                  // T_-1
  Real now = x;                                     // T_1
  const Real twice = 2.0L * (2.0L * x * x - 1.0L);  // 2 T_2
  for (std::size_t k = 0; k < count; ++k) {
    values[k] = now;
    const Real next = twice * now - before;
    before = now;
    now = next;
  }
  return values;
}

Real value_at(const std::vector<Real>& coefficients, Real x) {
  const auto basis = odd_chebyshev(x, coefficients.size());
  Real sum = 0.0L;
  for (std::size_t k = 0; k < basis.size(); ++k) sum += coefficients[k] * basis[k];
  return sum;
}

// Gauss elimination with row pivots; rows are [n + 1] with the right-hand side last.
std::vector<Real> solve(std::vector<std::vector<Real>> rows) {
  const std::size_t n = rows.size();
  for (std::size_t k = 0; k < n; ++k) {
    const auto pivot = std::max_element(rows.begin() + static_cast<std::ptrdiff_t>(k), rows.end(),
                                        [&](const auto& a, const auto& b) { return std::abs(a[k]) < std::abs(b[k]); });
    std::swap(rows[k], *pivot);
    for (std::size_t i = k + 1; i < n; ++i) {
      const Real factor = rows[i][k] / rows[k][k];
      for (std::size_t j = k; j <= n; ++j) rows[i][j] -= factor * rows[k][j];
    }
  }
  std::vector<Real> x(n);
  for (std::size_t k = n; k-- > 0;) {
    Real sum = rows[k][n];
    for (std::size_t j = k + 1; j < n; ++j) sum -= rows[k][j] * x[j];
    x[k] = sum / rows[k][k];
  }
  return x;
}

// The polynomial whose error alternates between +e and -e on the reference; e comes last.
std::vector<Real> level_on(const std::vector<Real>& reference) {
  const std::size_t n = reference.size() - 1;
  std::vector<std::vector<Real>> rows;
  for (std::size_t i = 0; i <= n; ++i) {
    auto row = odd_chebyshev(reference[i], n);
    row.push_back(i % 2 == 0 ? 1.0L : -1.0L);
    row.push_back(1.0L);
    rows.push_back(std::move(row));
  }
  return solve(std::move(rows));
}

// Where |p - 1| is largest near x, by golden sections.
Real refine(const std::vector<Real>& coefficients, Real low, Real high) {
  constexpr Real kGolden = 0.6180339887498948482L;
  const auto size = [&](Real x) { return std::abs(value_at(coefficients, x) - 1.0L); };
  for (int i = 0; i < 50; ++i) {
    const Real left = high - kGolden * (high - low);
    const Real right = low + kGolden * (high - low);
    (size(left) > size(right) ? high : low) = size(left) > size(right) ? right : left;
  }
  return 0.5L * (low + high);
}

// The largest error between two changes of its sign, for each such stretch of [low, 1].
std::vector<Real> extrema(const std::vector<Real>& coefficients, Real low) {
  const std::size_t count = 400 * (coefficients.size() + 1);
  const Real step = std::pow(low, -1.0L / static_cast<Real>(count));
  std::vector<Real> found;
  Real best = 0.0L;
  Real x = low;
  for (std::size_t i = 0; i <= count; ++i, x = i == count ? 1.0L : x * step) {
    const Real error = value_at(coefficients, x) - 1.0L;
    if (found.empty() || (error > 0.0L) != (best > 0.0L)) {
      found.push_back(x);
      best = error;
    } else if (std::abs(error) > std::abs(best)) {
      found.back() = x;
      best = error;
    }
  }
  for (Real& at : found) at = refine(coefficients, std::max(low, at / step), std::min(1.0L, at * step));
  // Golden sections stop short of an end.
  if (std::abs(value_at(coefficients, low) - 1.0L) > std::abs(value_at(coefficients, found.front()) - 1.0L))
    found.front() = low;
  if (std::abs(value_at(coefficients, 1.0L) - 1.0L) > std::abs(value_at(coefficients, found.back()) - 1.0L))
    found.back() = 1.0L;
  return found;
}

int depth_of(std::size_t degree) {
  return static_cast<int>(std::bit_width(degree));
}

// What an interval [low, 1] becomes: [1 - e, 1 + e] divided by 1 + e.
double next_low(double error) {
  return (1.0 - error) / (1.0 + error);
}

/// Degrees of a composition and the interval that it ends with.
struct Plan {
  std::vector<std::size_t> degrees;
  double low;
  double error;
};

Plan follow(double threshold, const std::vector<std::size_t>& degrees) {
  Plan plan{degrees, threshold, 1.0};
  for (const std::size_t degree : degrees) {
    plan.error = approximate_sign(plan.low, degree).error;
    plan.low = next_low(plan.error);
  }
  return plan;
}

// best[d]: the plan of depth d that gets furthest. A later stage does better the further the ones before got.
std::vector<std::size_t> least_depth(double threshold) {
  std::vector<std::optional<Plan>> best(kMostDepth + 1);
  best[0] = Plan{{}, threshold, 1.0};
  for (int depth = 2; depth <= kMostDepth; ++depth) {
    auto& here = best[static_cast<std::size_t>(depth)];
    for (std::size_t degree = 3; degree <= kMostDegree; degree = 2 * degree + 1) {
      const int before = depth - depth_of(degree);
      if (before < 0 || !best[static_cast<std::size_t>(before)]) continue;
      const Plan& start = *best[static_cast<std::size_t>(before)];
      const double error = approximate_sign(start.low, degree).error;
      if (here && here->error <= error) continue;
      here = Plan{start.degrees, next_low(error), error};
      here->degrees.push_back(degree);
    }
    if (here && here->error <= threshold) return here->degrees;
  }
  return {};
}

}  // namespace

OddMinimax approximate_sign(double low, std::size_t degree) {
  OBSCURA_CHECK(low > 0.0 && low < 1.0, "the interval is empty or reaches 0");
  OBSCURA_CHECK(degree % 2 == 1 && degree <= kMostDegree, "the degree is even or too high");
  const std::size_t terms = (degree + 1) / 2;
  std::vector<Real> reference;
  // Extrema of a Chebyshev polynomial in x^2.
  for (std::size_t i = 0; i <= terms; ++i) {
    const Real share =
        0.5L - 0.5L * std::cos(std::numbers::pi_v<Real> * static_cast<Real>(i) / static_cast<Real>(terms));
    const Real low_squared = static_cast<Real>(low) * static_cast<Real>(low);
    reference.push_back(std::sqrt(low_squared + (1.0L - low_squared) * share));
  }
  std::vector<Real> coefficients;
  Real largest = 0.0L;
  for (int exchange = 0; exchange < kMostExchanges; ++exchange) {
    coefficients = level_on(reference);
    const Real level = std::abs(coefficients.back());
    coefficients.pop_back();
    const auto points = extrema(coefficients, low);
    largest = 0.0L;
    for (const Real x : points) largest = std::max(largest, std::abs(value_at(coefficients, x) - 1.0L));
    if (points.size() != reference.size() || largest - level <= kLevel * level + kFloor) break;
    reference = points;
  }
  OddMinimax result{Series(degree + 1, 0.0), static_cast<double>(largest)};
  for (std::size_t k = 0; k < terms; ++k) result.series[2 * k + 1] = static_cast<double>(coefficients[k]);
  return result;
}

base::Result<CompositeSign> composite_sign(double bits) {
  if (!(bits >= 1.0 && bits <= 20.0)) {
    return base::fail(base::ErrorCode::kUsage, fmt::format("a sign to {} bits is out of range", bits),
                      "ask for 1 to 20 bits");
  }
  CompositeSign sign;
  sign.threshold = std::exp2(-bits);
  std::vector<std::size_t> degrees = least_depth(sign.threshold);
  OBSCURA_CHECK(!degrees.empty(), "no composition is deep enough");
  for (std::size_t i = degrees.size(); i-- > 0;) {
    while (degrees[i] > 3) {
      degrees[i] -= 2;
      if (follow(sign.threshold, degrees).error <= sign.threshold) continue;
      degrees[i] += 2;
      break;
    }
  }
  double low = sign.threshold;
  for (std::size_t i = 0; i < degrees.size(); ++i) {
    OddMinimax stage = approximate_sign(low, degrees[i]);
    low = next_low(stage.error);
    sign.error = stage.error;
    sign.depth += depth_of(degrees[i]);
    if (i + 1 < degrees.size()) {
      for (double& c : stage.series) c /= 1.0 + stage.error;
    }
    sign.stages.push_back(std::move(stage.series));
  }
  return sign;
}

double evaluate(const CompositeSign& sign, double x) {
  for (const Series& stage : sign.stages) x = evaluate_chebyshev(stage, x);
  return x;
}

}  // namespace obscura::compiler::fit
