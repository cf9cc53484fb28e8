#include "fhe/params/scale.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/check.hpp"
#include "fhe/params/param_set.hpp"

namespace obscura::fhe::params {
namespace {

constexpr std::int64_t kMaxExponent = 4096;

bool in_range(std::int64_t exponent) {
  return exponent >= -kMaxExponent && exponent <= kMaxExponent;
}

std::int64_t checked(std::int64_t exponent) {
  OBSCURA_CHECK(in_range(exponent), "an exponent of a scale left -4096..4096");
  return exponent;
}

void trim(std::vector<std::int64_t>& exponents) {
  while (!exponents.empty() && exponents.back() == 0) exponents.pop_back();
}

/// mantissa * 2^exponent with the mantissa in [1/2, 1): a range that no power of a prime leaves.
struct WideFloat {
  long double mantissa;
  std::int64_t exponent;
};

WideFloat normalized(long double mantissa, std::int64_t exponent) {
  int shift = 0;
  const long double m = std::frexp(mantissa, &shift);
  return {m, exponent + shift};
}

WideFloat operator*(const WideFloat& a, const WideFloat& b) {
  return normalized(a.mantissa * b.mantissa, a.exponent + b.exponent);
}

WideFloat power(std::uint64_t base, std::int64_t exponent) {
  WideFloat result = normalized(1.0L, 0);
  WideFloat square = normalized(static_cast<long double>(base), 0);
  for (std::int64_t e = std::abs(exponent); e > 0; e >>= 1) {
    if ((e & 1) != 0) result = result * square;
    square = square * square;
  }
  if (exponent >= 0) return result;
  return normalized(1.0L / result.mantissa, -result.exponent);
}

}  // namespace

Scale Scale::power_of_two(int bits) {
  Scale scale;
  scale.two_ = checked(bits);
  return scale;
}

Scale Scale::operator*(const Scale& other) const {
  Scale product = *this;
  product.two_ = checked(two_ + other.two_);
  product.primes_.resize(std::max(primes_.size(), other.primes_.size()), 0);
  for (std::size_t i = 0; i < other.primes_.size(); ++i) {
    product.primes_[i] = checked(product.primes_[i] + other.primes_[i]);
  }
  trim(product.primes_);
  return product;
}

Scale Scale::operator/(const Scale& other) const {
  Scale inverse = other;
  inverse.two_ = -inverse.two_;
  for (std::int64_t& exponent : inverse.primes_) exponent = -exponent;
  return *this * inverse;
}

Scale Scale::times_prime(PrimeIndex prime) const {
  OBSCURA_CHECK(prime.value() >= 0 && prime.value() < kMaxPrimes, "a scale names a prime outside the chain");
  Scale factor;
  factor.primes_.resize(static_cast<std::size_t>(prime.value()) + 1, 0);
  factor.primes_.back() = 1;
  return *this * factor;
}

Scale Scale::divided_by_prime(PrimeIndex prime) const {
  return *this / Scale().times_prime(prime);
}

double Scale::log2(const ParamSet& params) const {
  OBSCURA_CHECK(primes_.size() <= params.q().size(), "a scale names a prime outside the chain");
  long double sum = static_cast<long double>(two_);
  for (std::size_t i = 0; i < primes_.size(); ++i) {
    sum += static_cast<long double>(primes_[i]) * std::log2(static_cast<long double>(params.q()[i].value()));
  }
  return static_cast<double>(sum);
}

double Scale::value(const ParamSet& params) const {
  OBSCURA_CHECK(primes_.size() <= params.q().size(), "a scale names a prime outside the chain");
  WideFloat product = normalized(1.0L, two_);
  for (std::size_t i = 0; i < primes_.size(); ++i) product = product * power(params.q()[i].value(), primes_[i]);
  const auto exponent = std::clamp<std::int64_t>(product.exponent, -16000, 16000);
  return static_cast<double>(std::ldexp(product.mantissa, static_cast<int>(exponent)));
}

base::Result<Scale> Scale::from_exponents(std::int64_t two, std::vector<std::int64_t> primes) {
  if (primes.size() > static_cast<std::size_t>(kMaxPrimes)) {
    return base::fail(base::ErrorCode::kCorrupt,
                      "a scale names " + std::to_string(primes.size()) + " primes; at most " +
                          std::to_string(kMaxPrimes) + " are possible",
                      "the file is damaged or was not made by this program: make it again");
  }
  if (!in_range(two) || !std::all_of(primes.begin(), primes.end(), in_range)) {
    return base::fail(base::ErrorCode::kCorrupt, "an exponent of a scale is outside -4096..4096",
                      "the file is damaged or was not made by this program: make it again");
  }
  trim(primes);
  Scale scale;
  scale.two_ = two;
  scale.primes_ = std::move(primes);
  return scale;
}

}  // namespace obscura::fhe::params
