#include "fhe/arith/modulus.hpp"

#include <bit>

namespace obscura::fhe::arith {

Modulus::Modulus(std::uint64_t q) : value_(q), bits_(static_cast<int>(std::bit_width(q))) {
  OBSCURA_CHECK(q >= 3 && (q & 1) == 1, "a modulus is an odd prime");
  OBSCURA_CHECK(bits_ <= kMaxModulusBits, "a modulus is below 2^50");
  product_ratio_ = static_cast<std::uint64_t>((u128{1} << (2 * bits_)) / q);
  word_ratio_ = static_cast<std::uint64_t>((u128{1} << 64) / q);
  constexpr std::uint64_t kRadix = std::uint64_t{1} << kShoupBits;
  ratio52_ = kRadix / q;
  radix52_ = kRadix % q;
  radix52_quotient_ = static_cast<std::uint64_t>((u128{radix52_} << kShoupBits) / q);
  radix64_ = static_cast<std::uint64_t>((u128{1} << 64) % q);
}

std::uint64_t pow_mod(std::uint64_t base, std::uint64_t exponent, const Modulus& q) {
  std::uint64_t result = 1;
  for (std::uint64_t square = base; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = mul_mod(result, square, q);
    square = mul_mod(square, square, q);
  }
  return result;
}

std::uint64_t inv_mod(std::uint64_t a, const Modulus& q) {
  OBSCURA_CHECK(a != 0 && a < q.value(), "only residues other than zero have an inverse");
  const std::uint64_t inverse = pow_mod(a, q.value() - 2, q);
  OBSCURA_CHECK(mul_mod(a, inverse, q) == 1, "the modulus is not prime");
  return inverse;
}

ShoupFactor make_shoup(std::uint64_t w, const Modulus& q) {
  OBSCURA_CHECK(w < q.value(), "a Shoup factor is a residue");
  return {w, static_cast<std::uint64_t>((u128{w} << kShoupBits) / q.value())};
}

}  // namespace obscura::fhe::arith
