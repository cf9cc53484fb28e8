#include "fhe/ring/ring_constants.hpp"

#include <cstdint>
#include <span>

namespace obscura::fhe::ring {
namespace {

std::vector<arith::Modulus> all_primes(const params::ParamSet& params) {
  std::vector<arith::Modulus> primes(params.q().begin(), params.q().end());
  primes.insert(primes.end(), params.p().begin(), params.p().end());
  return primes;
}

}  // namespace

RingConstants::RingConstants(const params::ParamSet& params) : from_p_(params.p(), all_primes(params)) {
  const std::vector<arith::Modulus> targets = all_primes(params);
  const std::span<const arith::Modulus> q = params.q();
  std::vector<std::uint64_t> p_inverse;
  for (const arith::Modulus& prime : q) {
    std::uint64_t product = 1;
    for (const arith::Modulus& p : params.p()) {
      product = arith::mul_mod(product, arith::reduce(p.value(), prime), prime);
    }
    p_inverse.push_back(arith::inv_mod(product, prime));
    p_mod_.push_back(arith::make_shoup(product, prime));
    inverse_of_p_.push_back(arith::make_shoup(p_inverse.back(), prime));
  }
  for (std::size_t last = 0; last < q.size(); ++last) {
    auto& of_prime = inverse_of_prime_.emplace_back();
    auto& of_both = inverse_of_p_and_prime_.emplace_back();
    for (std::size_t i = 0; i < last; ++i) {
      const std::uint64_t inverse = arith::inv_mod(arith::reduce(q[last].value(), q[i]), q[i]);
      of_prime.push_back(arith::make_shoup(inverse, q[i]));
      of_both.push_back(arith::make_shoup(arith::mul_mod(inverse, p_inverse[i], q[i]), q[i]));
    }
    std::vector<arith::Modulus> sources(params.p().begin(), params.p().end());
    sources.push_back(q[last]);
    from_p_and_prime_.emplace_back(sources, targets);
  }
  for (const params::DigitRange& digit : params.digits()) {
    auto& prefixes = from_digit_.emplace_back();
    for (int primes = 1; primes <= digit.count; ++primes) {
      prefixes.emplace_back(q.subspan(static_cast<std::size_t>(digit.first), static_cast<std::size_t>(primes)),
                            targets);
    }
  }
}

}  // namespace obscura::fhe::ring
