#include "compiler/fit/least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.hpp"

namespace obscura::compiler::fit {
namespace {

constexpr double kUndetermined = 0x1p-40;

// x - 2 v (v.x) / (v.v) below row `from`, where v is zero above it.
void reflect(const std::vector<double>& v, double v_squared, std::size_t from, std::vector<double>& x) {
  const auto at = static_cast<std::ptrdiff_t>(from);
  const double dot = std::inner_product(v.begin() + at, v.end(), x.begin() + at, 0.0);
  const double factor = 2.0 * dot / v_squared;
  for (std::size_t i = from; i < x.size(); ++i) x[i] -= factor * v[i];
}

double norm_from(const std::vector<double>& x, std::size_t from) {
  const auto at = static_cast<std::ptrdiff_t>(from);
  return std::sqrt(std::inner_product(x.begin() + at, x.end(), x.begin() + at, 0.0));
}

}  // namespace

LeastSquares::LeastSquares(std::vector<std::vector<double>> columns, std::vector<double> b)
    : columns_(std::move(columns)), b_(std::move(b)) {
  OBSCURA_CHECK(!columns_.empty() && b_.size() >= columns_.size(), "fewer rows than unknowns");
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    OBSCURA_CHECK(columns_[k].size() == b_.size(), "a column has another number of rows");
    const double norm = norm_from(columns_[k], k);
    if (norm == 0.0) continue;
    std::vector<double> v = columns_[k];
    v[k] += std::copysign(norm, v[k]);  // away from 0: no cancellation
    const double v_norm = norm_from(v, k);
    for (std::size_t j = k; j < columns_.size(); ++j) reflect(v, v_norm * v_norm, k, columns_[j]);
    reflect(v, v_norm * v_norm, k, b_);
  }
}

double LeastSquares::smallest_pivot() const {
  double largest = 0.0;
  for (std::size_t k = 0; k < columns_.size(); ++k) largest = std::max(largest, std::abs(columns_[k][k]));
  return kUndetermined * largest;
}

std::vector<double> LeastSquares::solve(std::optional<double> last) const {
  std::vector<double> x(columns_.size(), 0.0);
  std::size_t free = x.size();
  if (last) x[--free] = *last;
  const double least = smallest_pivot();
  for (std::size_t k = free; k-- > 0;) {
    double sum = b_[k];
    for (std::size_t j = k + 1; j < x.size(); ++j) sum -= columns_[j][k] * x[j];
    const double pivot = columns_[k][k];
    x[k] = std::abs(pivot) > least ? sum / pivot : 0.0;
  }
  return x;
}

double LeastSquares::condition() const {
  double largest = 0.0;
  double smallest = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    largest = std::max(largest, std::abs(columns_[k][k]));
    smallest = std::min(smallest, std::abs(columns_[k][k]));
  }
  return smallest > smallest_pivot() ? largest / smallest : std::numeric_limits<double>::infinity();
}

}  // namespace obscura::compiler::fit
