#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace obscura::compiler::fit {

/// Minimises |A x - b| by Householder reflections, once for several constraints on the last unknown.
class LeastSquares {
 public:
  /// `columns` of A, [unknowns][rows], at least as many rows as unknowns; b is [rows]. Cost:
  /// 2 rows unknowns^2 multiply-adds.
  LeastSquares(std::vector<std::vector<double>> columns, std::vector<double> b);

  /// The minimiser, [unknowns]; with `last`, among those whose last unknown has that value. An unknown
  /// that the rows do not determine (pivot below 2^-40 of the largest) is 0.
  [[nodiscard]] std::vector<double> solve(std::optional<double> last = std::nullopt) const;

  /// Largest over smallest pivot of the triangle: a lower bound of A's condition number, close to it for few unknowns.
  /// Infinite where an unknown is not determined.
  [[nodiscard]] double condition() const;

 private:
  [[nodiscard]] double smallest_pivot() const;
  std::vector<std::vector<double>> columns_;  // upper triangle of R, [unknowns][rows]
  std::vector<double> b_;                     // reflected
};

}  // namespace obscura::compiler::fit
