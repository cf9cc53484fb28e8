#include "fhe/ring/base_conversion.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "fhe/arith/wide.hpp"

namespace obscura::fhe::ring {
namespace {

constexpr int kFractionBits = 50;

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
    OBSCURA_CHECK(s.bits() >= kFractionBits - 30, "a base conversion takes primes of at least 20 bits");
    const std::uint64_t inverse = arith::inv_mod(product_without(from, j, s), s);
    const int drop = std::max(0, s.bits() - 32);
    const auto reciprocal = static_cast<std::uint64_t>((arith::u128{1} << (s.bits() + 30)) / s.value());
    from_.push_back({arith::make_shoup(inverse, s), static_cast<std::uint32_t>(reciprocal), drop,
                     s.bits() + 30 - drop - kFractionBits});
  }
  factors_.reserve(to.size() * (from.size() + 1));
  for (const arith::Modulus& t : to) {
    for (int j = 0; j < k; ++j) factors_.push_back(product_without(from, j, t));
    factors_.push_back(arith::neg_mod(product_without(from, -1, t), t));
  }
}

void CenteredConversion::multiples(std::span<std::uint64_t> out, const std::uint64_t* const* scaled) const {
  std::fill(out.begin(), out.end(), std::uint64_t{1} << (kFractionBits - 1));
  for (std::size_t j = 0; j < from_.size(); ++j) {
    const std::uint64_t* y = scaled[j];
    const Source source = from_[j];
    for (std::size_t c = 0; c < out.size(); ++c) {
      const std::uint64_t top = static_cast<std::uint32_t>(y[c] >> source.drop);
      out[c] += (top * source.reciprocal) >> source.shift;
    }
  }
  for (std::uint64_t& sum : out) sum >>= kFractionBits;
}

}  // namespace obscura::fhe::ring
