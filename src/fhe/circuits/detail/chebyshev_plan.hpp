#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace obscura::fhe::circuits::detail {

/// How one polynomial is computed. Without `split`: the sum of coefficients[k] T_k. With it: quotient * T_split + rest.
struct ChebyshevNode {
  std::vector<double> coefficients;
  std::optional<int> split;
  std::unique_ptr<ChebyshevNode> quotient;  ///< of degree >= 1, or null: then `factor` T_split + rest
  double factor = 0;
  std::unique_ptr<ChebyshevNode> rest;  ///< null for zero
};

/// A polynomial cut into pieces that take `depth` levels in all.
struct ChebyshevPlan {
  ChebyshevNode root;
  std::set<int> powers;  ///< numbers of the T_k to be computed, 1 not among them
  int products = 0;      ///< key switches: powers and splits
};

/// ceil(log2(k)), the levels that T_k takes; k >= 1.
[[nodiscard]] int chebyshev_depth(int k);

/// The largest power of two below k >= 2: T_k = 2 T_a T_(k-a) - T_(2a-k) with this a.
[[nodiscard]] int chebyshev_factor(int k);

/// The plan with the fewest products. `coefficients` as in evaluate_chebyshev.
[[nodiscard]] ChebyshevPlan plan_chebyshev(std::span<const double> coefficients);

}  // namespace obscura::fhe::circuits::detail
