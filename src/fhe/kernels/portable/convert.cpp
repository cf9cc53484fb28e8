#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "fhe/kernels/portable/portable.hpp"

namespace obscura::fhe::kernels::portable {

using arith::Modulus;
using arith::u128;

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

}  // namespace

void reduce_centered(std::uint64_t* out, const std::uint64_t* a, std::size_t n, const Modulus& from,
                     const Modulus& to) {
  const std::uint64_t half = from.value() / 2;
  const std::uint64_t wrap = arith::reduce(from.value(), to);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t is_negative = std::uint64_t{0} - ((half - a[i]) >> 63);
    out[i] = arith::sub_mod(arith::reduce(a[i], to), wrap & is_negative, to);
  }
}

void base_convert(const ConversionTarget* targets, std::size_t target_count, const std::uint64_t* const* scaled_in,
                  std::size_t inputs, std::size_t n) {
  for (const ConversionTarget& target : std::span(targets, target_count)) {
    for (std::size_t i = 0; i < n; ++i) {
      u128 sum = 0;
      for (std::size_t k = 0; k < inputs; ++k) sum += u128{scaled_in[k][i]} * target.factors[k];
      target.out[i] = arith::reduce128(sum, *target.to);
    }
  }
}

void round_quotients(std::uint64_t* out, const std::uint64_t* const* scaled_in, const double* reciprocals,
                     std::size_t inputs, std::size_t n) {
  std::array<double, kBlock> sums;
  for (std::size_t first = 0; first < n; first += kBlock) {
    const std::size_t count = std::min(kBlock, n - first);
    sums.fill(0);
    for (std::size_t k = 0; k < inputs; ++k) {
      for (std::size_t c = 0; c < count; ++c) sums[c] += to_double(scaled_in[k][first + c]) * reciprocals[k];
    }
    for (std::size_t c = 0; c < count; ++c) {
      out[first + c] = std::bit_cast<std::uint64_t>(sums[c] + kTwo52) ^ kTwo52Bits;
    }
  }
}

void from_signed(std::uint64_t* out, const std::int64_t* in, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = static_cast<std::uint64_t>(in[i]);
    const std::uint64_t sign = std::uint64_t{0} - (word >> 63);
    const std::uint64_t residue = arith::reduce((word ^ sign) - sign, q);
    out[i] = residue ^ ((residue ^ arith::neg_mod(residue, q)) & sign);
  }
}

void from_small(std::uint64_t* out, const std::int8_t* in, std::size_t n, const Modulus& q) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = static_cast<std::uint64_t>(static_cast<std::int64_t>(in[i]));
    out[i] = word + (q.value() & (std::uint64_t{0} - (word >> 63)));
  }
}

}  // namespace obscura::fhe::kernels::portable
