#include "fhe/ring/base_conversion.hpp"

#include "base/check.hpp"

namespace obscura::fhe::ring {
namespace {

/// S / s_skip modulo t; skip < 0 for S itself.
std::uint64_t product_without(std::span<const arith::Modulus> primes, int skip, const arith::Modulus& t) {
  std::uint64_t product = 1;
  for (int i = 0; i < static_cast<int>(primes.size()); ++i) {
    if (i == skip) continue;
    product = arith::mul_mod(product, arith::reduce(primes[static_cast<std::size_t>(i)].value(), t), t);
  }
  return product;
}

}  // namespace

CenteredConversion::CenteredConversion(std::span<const arith::Modulus> from, std::span<const arith::Modulus> to) {
  OBSCURA_CHECK(!from.empty() && from.size() < 128, "a base conversion takes 1..127 primes");
  const int k = static_cast<int>(from.size());
  for (int j = 0; j < k; ++j) {
    const arith::Modulus& s = from[static_cast<std::size_t>(j)];
    const std::uint64_t inverse = arith::inv_mod(product_without(from, j, s), s);
    scales_.push_back(arith::make_shoup(inverse, s));
    reciprocals_.push_back(1.0 / static_cast<double>(s.value()));
  }
  factors_.reserve(to.size() * (from.size() + 1));
  for (const arith::Modulus& t : to) {
    for (int j = 0; j < k; ++j) {
      const arith::ShoupFactor factor = arith::make_shoup(product_without(from, j, t), t);
      factors_.push_back(factor.w);
      quotients_.push_back(factor.w_quotient);
    }
    const std::uint64_t minus_s = arith::neg_mod(product_without(from, -1, t), t);
    factors_.push_back(minus_s);
    std::uint64_t multiple = 0;
    for (std::size_t v = 0; v < kernels::kMultiples; ++v) {
      multiples_.push_back(multiple);
      multiple = arith::add_mod(multiple, minus_s, t);
    }
  }
}

}  // namespace obscura::fhe::ring
