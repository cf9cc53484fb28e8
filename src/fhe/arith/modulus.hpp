#pragma once

#include <cstdint>

#include "base/check.hpp"
#include "fhe/arith/wide.hpp"

namespace obscura::fhe::arith {

/// Every modulus of the project is below 2^kMaxModulusBits, so that four times a modulus fits the
/// 52-bit products of AVX512-IFMA and all kernel sets share one lazy range.
inline constexpr int kMaxModulusBits = 50;

/// Shoup quotients are scaled by 2^kShoupBits, on every kernel set.
inline constexpr int kShoupBits = 52;

/// An odd prime q, 3 <= q < 2^50, with the constants of its reductions. Immutable, cheap to copy.
/// Primality is the caller's word (primes.hpp has the test for numbers from outside); oddness and
/// size are checked here.
class Modulus {
 public:
  explicit Modulus(std::uint64_t q);

  [[nodiscard]] std::uint64_t value() const { return value_; }
  /// Bit length: 2^(bits-1) < q < 2^bits.
  [[nodiscard]] int bits() const { return bits_; }
  /// floor(2^(2*bits) / q), below 2^(bits+1): Barrett's constant for a product of two residues.
  [[nodiscard]] std::uint64_t product_ratio() const { return product_ratio_; }
  /// floor(2^64 / q), for words.
  [[nodiscard]] std::uint64_t word_ratio() const { return word_ratio_; }
  /// floor(2^52 / q): the Shoup quotient of 1.
  [[nodiscard]] std::uint64_t ratio52() const { return ratio52_; }
  /// 2^52 mod q and its Shoup quotient: folds the high half of a 104-bit sum.
  [[nodiscard]] std::uint64_t radix52() const { return radix52_; }
  [[nodiscard]] std::uint64_t radix52_quotient() const { return radix52_quotient_; }
  /// 2^64 mod q: folds the high word of a 128-bit number.
  [[nodiscard]] std::uint64_t radix64() const { return radix64_; }

  friend bool operator==(const Modulus& a, const Modulus& b) { return a.value_ == b.value_; }

 private:
  std::uint64_t value_;
  std::uint64_t product_ratio_;
  std::uint64_t word_ratio_;
  std::uint64_t ratio52_;
  std::uint64_t radix52_;
  std::uint64_t radix52_quotient_;
  std::uint64_t radix64_;
  int bits_;
};

/// All functions below take residues in [0, q) and give residues in [0, q), without branches or
/// table look-ups that depend on the residues, except pow_mod, whose exponent is public.
[[nodiscard]] inline std::uint64_t reduce_once(std::uint64_t a, std::uint64_t bound) {
  const std::uint64_t b = a - bound;
  return b + (bound & (std::uint64_t{0} - (b >> 63)));
}

[[nodiscard]] inline std::uint64_t add_mod(std::uint64_t a, std::uint64_t b, const Modulus& q) {
  return reduce_once(a + b, q.value());
}

[[nodiscard]] inline std::uint64_t sub_mod(std::uint64_t a, std::uint64_t b, const Modulus& q) {
  const std::uint64_t d = a - b;
  return d + (q.value() & (std::uint64_t{0} - (d >> 63)));
}

[[nodiscard]] inline std::uint64_t neg_mod(std::uint64_t a, const Modulus& q) {
  const std::uint64_t nonzero = (a | (std::uint64_t{0} - a)) >> 63;
  return (q.value() - a) & (std::uint64_t{0} - nonzero);
}

/// a mod q for any word a.
[[nodiscard]] inline std::uint64_t reduce(std::uint64_t a, const Modulus& q) {
  const auto quotient = static_cast<std::uint64_t>((u128{a} * q.word_ratio()) >> 64);
  return reduce_once(a - quotient * q.value(), q.value());
}

/// a mod q for a < 2^(2*bits): Barrett (Handbook of Applied Cryptography, 14.42).
[[nodiscard]] inline std::uint64_t reduce_product(u128 a, const Modulus& q) {
  const int bits = q.bits();
  const auto top = static_cast<std::uint64_t>(a >> (bits - 1));
  const auto quotient = static_cast<std::uint64_t>((u128{top} * q.product_ratio()) >> (bits + 1));
  const std::uint64_t r = static_cast<std::uint64_t>(a) - quotient * q.value();
  return reduce_once(reduce_once(r, q.value()), q.value());
}

[[nodiscard]] inline std::uint64_t mul_mod(std::uint64_t a, std::uint64_t b, const Modulus& q) {
  return reduce_product(u128{a} * b, q);
}

/// a mod q for any 128-bit a.
[[nodiscard]] inline std::uint64_t reduce128(u128 a, const Modulus& q) {
  const std::uint64_t high = reduce(static_cast<std::uint64_t>(a >> 64), q);
  const std::uint64_t low = reduce(static_cast<std::uint64_t>(a), q);
  return add_mod(mul_mod(high, q.radix64(), q), low, q);
}

/// base^exponent mod q; 0^0 = 1. The time depends on the exponent.
[[nodiscard]] std::uint64_t pow_mod(std::uint64_t base, std::uint64_t exponent, const Modulus& q);

/// The inverse of a in [1, q); a = 0 is a bug in the caller.
[[nodiscard]] std::uint64_t inv_mod(std::uint64_t a, const Modulus& q);

/// A constant factor with its quotient floor(w * 2^52 / q) (Shoup; Harvey, "Faster arithmetic for
/// number-theoretic transforms", 2014, section 3, with beta = 2^52).
struct ShoupFactor {
  std::uint64_t w = 0;
  std::uint64_t w_quotient = 0;
};

/// w in [0, q).
[[nodiscard]] ShoupFactor make_shoup(std::uint64_t w, const Modulus& q);

/// x * w mod q up to one q too much: x < 2^52, result < 2q.
[[nodiscard]] inline std::uint64_t mul_shoup_lazy(std::uint64_t x, ShoupFactor f, const Modulus& q) {
  const auto quotient = static_cast<std::uint64_t>((u128{x} * f.w_quotient) >> kShoupBits);
  return x * f.w - quotient * q.value();
}

/// x * w mod q; x < 2^52, result canonical.
[[nodiscard]] inline std::uint64_t mul_shoup(std::uint64_t x, ShoupFactor f, const Modulus& q) {
  return reduce_once(mul_shoup_lazy(x, f, q), q.value());
}

}  // namespace obscura::fhe::arith
