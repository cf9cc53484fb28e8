#include "fhe/params/failure_probability.hpp"

#include <cmath>
#include <limits>

#include "base/check.hpp"

namespace obscura::fhe::params {

double log2_uniform_sum_tail(int terms, double bound) {
  OBSCURA_CHECK(terms >= 1 && terms <= 200, "the number of terms is out of range");
  OBSCURA_CHECK(4 * bound >= terms, "the bound is too near to the middle");
  const double depth = static_cast<double>(terms) / 2 - bound;
  if (depth <= 0) return -std::numeric_limits<double>::infinity();
  // Relative to the first term, d^n.
  long double sum = 0;
  long double binomial = 1;
  for (int k = 0; k < depth; ++k) {
    const long double term = binomial * std::pow(static_cast<long double>(1 - k / depth), terms);
    sum += k % 2 == 0 ? term : -term;
    binomial = binomial * static_cast<long double>(terms - k) / static_cast<long double>(k + 1);
  }
  const double log2_factorial = std::lgamma(terms + 1.0) / std::log(2.0);
  return 1 + terms * std::log2(depth) + static_cast<double>(std::log2(sum)) - log2_factorial;
}

double log2_bootstrap_failure(int weight, double range, int coefficients) {
  OBSCURA_CHECK(coefficients >= 1, "a bootstrap has coefficients");
  return log2_uniform_sum_tail(weight + 1, range) + std::log2(static_cast<double>(coefficients));
}

}  // namespace obscura::fhe::params
