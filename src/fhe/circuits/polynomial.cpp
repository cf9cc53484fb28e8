#include "fhe/circuits/polynomial.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "fhe/circuits/detail/chebyshev_plan.hpp"
#include "fhe/ckks/add.hpp"
#include "fhe/ckks/linear_combination.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/ring/arithmetic.hpp"

namespace obscura::fhe::circuits {
namespace {

using ckks::Ciphertext;
using detail::ChebyshevNode;
using params::Level;
using params::Scale;

constexpr std::size_t kMaxCoefficients = 64;

class Evaluation {
 public:
  Evaluation(const ring::RingContext& ring, const Ciphertext& x, const ckks::SwitchingKey& key)
      : ring_(ring), x_(x), key_(key) {}

  void give_second(Ciphertext second) { powers_.emplace(2, std::move(second)); }

  /// T_k for all k in `powers` that are not there yet, in ascending order: each needs smaller ones only.
  void compute_powers(const std::set<int>& powers) {
    for (const int k : powers) {
      if (powers_.contains(k)) continue;
      const int a = detail::chebyshev_factor(k);
      const Level level = std::min(power(a).level(), power(k - a).level());
      ckks::ProductCiphertext product = multiply(power(a), power(k - a), level);
      for (auto* part : {&product.d0(), &product.d1(), &product.d2()}) ring::add_in_place(ring_, *part, *part);
      if (2 * a == k) {
        powers_.emplace(k, ckks::add_constant(ring_, ckks::relinearize_and_rescale(ring_, product, key_), -1));
      } else {
        const ckks::WeightedCiphertext term{&power(2 * a - k), -1};
        add(product, ckks::linear_combination(ring_, {&term, 1}, 0, level, product.scale()));
        powers_.emplace(k, ckks::relinearize_and_rescale(ring_, product, key_));
      }
    }
  }

  /// The node's value at this level and scale.
  [[nodiscard]] Ciphertext value(const ChebyshevNode& node, Level level, const Scale& scale) const {
    const Level above(level.value() + 1);
    const Scale before = scale.times_prime(params::PrimeIndex(above.value()));
    if (!node.split) return ckks::rescale(ring_, sum(node.coefficients, above, before));
    const bool fused = node.rest && !node.rest->split;
    Ciphertext high = node.quotient ? product(node, above, before, fused) : multiple(node, above, before);
    if (!node.rest || (node.quotient && fused)) return high;
    return ckks::add(ring_, high, value(*node.rest, level, scale));
  }

 private:
  [[nodiscard]] const Ciphertext& power(int k) const { return k == 1 ? x_ : powers_.at(k); }

  [[nodiscard]] ckks::ProductCiphertext multiply(const Ciphertext& a, const Ciphertext& b, Level level) const {
    if (&a == &b) return ckks::square(ring_, a);
    return ckks::multiply(ring_, ckks::drop_level(ring_, a, level), ckks::drop_level(ring_, b, level));
  }

  void add(ckks::ProductCiphertext& product, const Ciphertext& summand) const {
    OBSCURA_CHECK(product.scale() == summand.scale() && product.level() == summand.level(), "the scales differ");
    ring::add_in_place(ring_, product.d0(), summand.c0());
    ring::add_in_place(ring_, product.d1(), summand.c1());
  }

  /// sum of coefficients[k] T_k.
  [[nodiscard]] Ciphertext sum(const std::vector<double>& coefficients, Level level, const Scale& scale) const {
    std::vector<ckks::WeightedCiphertext> terms;
    for (std::size_t k = 1; k < coefficients.size(); ++k) {
      if (coefficients[k] != 0) terms.push_back({&power(static_cast<int>(k)), coefficients[k]});
    }
    if (terms.empty()) terms.push_back({&x_, 0.0});
    return ckks::linear_combination(ring_, terms, coefficients.front(), level, scale);
  }

  /// quotient * T_split, and the rest if it is added before the rescale; one level below `above`.
  [[nodiscard]] Ciphertext product(const ChebyshevNode& node, Level above, const Scale& before, bool with_rest) const {
    const Ciphertext& giant = power(*node.split);
    ckks::ProductCiphertext result = multiply(value(*node.quotient, above, before / giant.scale()), giant, above);
    if (with_rest) add(result, sum(node.rest->coefficients, above, before));
    return ckks::relinearize_and_rescale(ring_, result, key_);
  }

  /// factor * T_split.
  [[nodiscard]] Ciphertext multiple(const ChebyshevNode& node, Level above, const Scale& before) const {
    const ckks::WeightedCiphertext term{&power(*node.split), node.factor};
    return ckks::rescale(ring_, ckks::linear_combination(ring_, {&term, 1}, 0, above, before));
  }

  const ring::RingContext& ring_;
  const Ciphertext& x_;
  const ckks::SwitchingKey& key_;
  std::map<int, Ciphertext> powers_;
};

/// Where the products by T_split of a node that ends `depth` levels below x take place.
void add_split_depths(const ChebyshevNode& node, int depth, std::vector<int>& depths) {
  if (node.quotient) {
    depths.push_back(depth - 1);
    add_split_depths(*node.quotient, depth - 1, depths);
  }
  if (node.rest) add_split_depths(*node.rest, depth, depths);
}

void check_coefficients(std::span<const double> coefficients) {
  OBSCURA_CHECK(coefficients.size() >= 2 && coefficients.size() <= kMaxCoefficients && coefficients.back() != 0,
                "a polynomial has a degree of 1..63");
}

Ciphertext evaluate(const ring::RingContext& ring, const Ciphertext& x, std::optional<Ciphertext> second,
                    std::span<const double> coefficients, const Scale& scale, const ckks::SwitchingKey& relinearize) {
  check_coefficients(coefficients);
  const int level = x.level().value() - polynomial_depth(static_cast<int>(coefficients.size()) - 1);
  OBSCURA_CHECK(level >= 0, "too few levels are left for the polynomial");
  const detail::ChebyshevPlan plan = detail::plan_chebyshev(coefficients);
  Evaluation evaluation(ring, x, relinearize);
  if (second) evaluation.give_second(std::move(*second));
  evaluation.compute_powers(plan.powers);
  return evaluation.value(plan.root, Level(level), scale);
}

}  // namespace

int polynomial_depth(int degree) {
  OBSCURA_CHECK(degree >= 1, "a polynomial has a degree of at least 1");
  return detail::chebyshev_depth(degree + 1);
}

std::vector<int> polynomial_products(std::span<const double> coefficients) {
  check_coefficients(coefficients);
  const detail::ChebyshevPlan plan = detail::plan_chebyshev(coefficients);
  std::vector<int> depths;
  for (const int k : plan.powers) depths.push_back(detail::chebyshev_depth(k) - 1);
  add_split_depths(plan.root, polynomial_depth(static_cast<int>(coefficients.size()) - 1), depths);
  return depths;
}

ckks::Ciphertext evaluate_chebyshev(const ring::RingContext& ring, const ckks::Ciphertext& x,
                                    std::span<const double> coefficients, const params::Scale& scale,
                                    const ckks::SwitchingKey& relinearize) {
  return evaluate(ring, x, std::nullopt, coefficients, scale, relinearize);
}

ckks::Ciphertext evaluate_chebyshev(const ring::RingContext& ring, const ckks::Ciphertext& x, ckks::Ciphertext second,
                                    std::span<const double> coefficients, const params::Scale& scale,
                                    const ckks::SwitchingKey& relinearize) {
  OBSCURA_CHECK(second.level().value() == x.level().value() - 1, "T_2 is one level below T_1");
  return evaluate(ring, x, std::move(second), coefficients, scale, relinearize);
}

}  // namespace obscura::fhe::circuits
