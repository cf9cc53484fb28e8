#pragma once

#include <algorithm>

#include "compiler/graph/ops.hpp"

namespace obscura::compiler::passes {

/// f(a, b) for each coefficient, at the finer of the two granularities. Both must fit one shape.
template <class F>
[[nodiscard]] graph::Coefficients combine(const graph::Coefficients& a, const graph::Coefficients& b, F f) {
  graph::Coefficients result(std::max(a.size(), b.size()));
  const std::size_t run_a = result.size() / a.size();
  const std::size_t run_b = result.size() / b.size();
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = f(a[i / run_a], b[i / run_b]);
  return result;
}

}  // namespace obscura::compiler::passes
