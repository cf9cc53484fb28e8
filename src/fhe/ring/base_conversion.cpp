#include "fhe/ring/base_conversion.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.hpp"

namespace obscura::fhe::ring {
namespace {

/// 2^52: adding it leaves the rounded integer in the low bits of the double.
constexpr double kTwo52 = 4503599627370496.0;
constexpr std::uint64_t kTwo52Bits = std::bit_cast<std::uint64_t>(kTwo52);

/// Coefficients that are summed up at a time.
constexpr std::size_t kBlock = 256;

/// y < 2^52 as a double, exactly; unlike the language's conversion it vectorises everywhere.
double to_double(std::uint64_t y) {
  return std::bit_cast<double>(y | kTwo52Bits) - kTwo52;
}

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
    from_.push_back({arith::make_shoup(inverse, s), 1.0 / static_cast<double>(s.value())});
  }
  factors_.reserve(to.size() * (from.size() + 1));
  for (const arith::Modulus& t : to) {
    for (int j = 0; j < k; ++j) factors_.push_back(product_without(from, j, t));
    factors_.push_back(arith::neg_mod(product_without(from, -1, t), t));
  }
}

void CenteredConversion::multiples(std::span<std::uint64_t> out, const std::uint64_t* const* scaled) const {
  std::array<double, kBlock> sums;
  for (std::size_t first = 0; first < out.size(); first += kBlock) {
    const std::size_t count = std::min(kBlock, out.size() - first);
    sums.fill(0);
    for (std::size_t j = 0; j < from_.size(); ++j) {
      const std::uint64_t* y = scaled[j] + first;
      const double reciprocal = from_[j].reciprocal;
      for (std::size_t c = 0; c < count; ++c) sums[c] += to_double(y[c]) * reciprocal;
    }
    for (std::size_t c = 0; c < count; ++c) {
      out[first + c] = std::bit_cast<std::uint64_t>(sums[c] + kTwo52) ^ kTwo52Bits;
    }
  }
}

}  // namespace obscura::fhe::ring
