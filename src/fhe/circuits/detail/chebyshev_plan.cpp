#include "fhe/circuits/detail/chebyshev_plan.hpp"

#include <bit>
#include <utility>

namespace obscura::fhe::circuits::detail {
namespace {

using Coefficients = std::vector<double>;

Coefficients trimmed(Coefficients coefficients) {
  while (!coefficients.empty() && coefficients.back() == 0) coefficients.pop_back();
  return coefficients;
}

bool is_power_of_two(std::size_t k) {
  return std::has_single_bit(k);
}

class Planner {
 public:
  explicit Planner(int baby_bits) : babies_(std::size_t{1} << baby_bits) {}

  ChebyshevPlan run(std::span<const double> coefficients) {
    const int depth = chebyshev_depth(static_cast<int>(coefficients.size()));
    plan_.root = std::move(*node(Coefficients(coefficients.begin(), coefficients.end()), depth));
    plan_.products += static_cast<int>(plan_.powers.size());
    return std::move(plan_);
  }

 private:
  // Whether the sum needs nothing but babies and powers of two that leave one of `depth` levels for the factors.
  bool is_leaf(const Coefficients& coefficients, int depth) const {
    for (std::size_t k = 1; k < coefficients.size(); ++k) {
      if (coefficients[k] == 0) continue;
      if (k >= babies_ && !is_power_of_two(k)) return false;
      if (chebyshev_depth(static_cast<int>(k)) >= depth) return false;
    }
    return true;
  }

  void need(int k) {
    if (k <= 1 || !plan_.powers.insert(k).second) return;
    const int a = chebyshev_factor(k);
    need(a);
    need(k - a);
    need(2 * a - k);
  }

  std::unique_ptr<ChebyshevNode> node(Coefficients coefficients, int depth) {
    coefficients = trimmed(std::move(coefficients));
    if (coefficients.empty()) return nullptr;
    auto result = std::make_unique<ChebyshevNode>();
    if (is_leaf(coefficients, depth)) {
      for (std::size_t k = 1; k < coefficients.size(); ++k) {
        if (coefficients[k] != 0) need(static_cast<int>(k));
      }
      result->coefficients = std::move(coefficients);
      return result;
    }
    // p = q T_m + r: T_(m+j) = 2 T_m T_j - T_(m-j).
    const std::size_t m = std::bit_floor(coefficients.size() - 1);
    Coefficients quotient(coefficients.begin() + static_cast<std::ptrdiff_t>(m), coefficients.end());
    Coefficients rest(coefficients.begin(), coefficients.begin() + static_cast<std::ptrdiff_t>(m));
    for (std::size_t j = 1; j < quotient.size(); ++j) {
      rest[m - j] -= quotient[j];
      quotient[j] *= 2;
    }
    result->split = static_cast<int>(m);
    need(static_cast<int>(m));
    if (quotient.size() == 1) {
      result->factor = quotient.front();
    } else {
      ++plan_.products;
      result->quotient = node(std::move(quotient), depth - 1);
    }
    result->rest = node(std::move(rest), depth);
    return result;
  }

  std::size_t babies_;
  ChebyshevPlan plan_;
};

}  // namespace

int chebyshev_depth(int k) {
  return std::bit_width(static_cast<unsigned>(k - 1));
}

int chebyshev_factor(int k) {
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(k - 1)));
}

ChebyshevPlan plan_chebyshev(std::span<const double> coefficients) {
  const auto degree_bits = static_cast<int>(std::bit_width(coefficients.size() - 1));
  std::optional<ChebyshevPlan> best;
  for (int baby_bits = 1; baby_bits <= degree_bits; ++baby_bits) {
    ChebyshevPlan plan = Planner(baby_bits).run(coefficients);
    if (!best || plan.products < best->products) best = std::move(plan);
  }
  return std::move(*best);
}

}  // namespace obscura::fhe::circuits::detail
