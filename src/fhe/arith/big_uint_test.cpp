#include "fhe/arith/big_uint.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "fhe/arith/primes.hpp"

namespace obscura::fhe::arith {
namespace {

std::vector<Modulus> moduli(int bits, int count) {
  std::vector<Modulus> result;
  const std::vector<std::uint64_t> primes = ntt_primes(bits, 5, count).value();
  for (const std::uint64_t q : primes) result.emplace_back(q);
  return result;
}

std::vector<std::uint64_t> residues_of(i128 x, const std::vector<Modulus>& moduli) {
  std::vector<std::uint64_t> residues;
  for (const Modulus& q : moduli) {
    const i128 r = x % static_cast<i128>(q.value());
    residues.push_back(static_cast<std::uint64_t>(r < 0 ? r + static_cast<i128>(q.value()) : r));
  }
  return residues;
}

TEST(BigUint, CountsLikeWideIntegers) {
  BigUint a(~std::uint64_t{0});
  a.multiply_add(~std::uint64_t{0}, 5);  // 2^128 - 2^65 + 6
  EXPECT_EQ(a.bit_length(), 128);
  EXPECT_EQ(a.words()[0], 6U);
  EXPECT_EQ(a.words()[1], ~std::uint64_t{0} - 1);
  BigUint b = a;
  b.add(a);
  EXPECT_EQ(b.bit_length(), 129);
  EXPECT_EQ(b.half().compare(a), 0);
  EXPECT_EQ(b.compare(a), 1);
  b.subtract(a);
  EXPECT_EQ(b.compare(a), 0);
  b.subtract(a);
  EXPECT_TRUE(b.words().empty());
  EXPECT_EQ(b.compare(a), -1);
  EXPECT_EQ(b.bit_length(), 0);
}

TEST(BigUint, RoundsToLongDouble) {
  BigUint a(1);
  for (int i = 0; i < 10; ++i) a.multiply_add(std::uint64_t{1} << 60, 0);
  EXPECT_EQ(a.to_long_double(), std::ldexp(1.0L, 600));
  a.multiply_add(1, 1);
  EXPECT_EQ(a.to_long_double(), std::ldexp(1.0L, 600));
  EXPECT_EQ(BigUint(0).to_long_double(), 0.0L);
}

TEST(CrtComposer, ComposesTheResiduesOfAnyInteger) {
  constexpr std::uint64_t kSeed = 7;
  std::mt19937_64 random(kSeed);
  for (const int count : {1, 2, 3}) {
    const auto primes = moduli(40, count);
    const CrtComposer composer(primes);
    const int bits = 40 * count - 2;
    for (int i = 0; i < 500; ++i) {
      const u128 raw = (u128{random()} << 64) | random();
      const i128 x = static_cast<i128>(raw) >> (128 - bits);  // arithmetic shift: signed, `bits` bits
      bool negative = false;
      const BigUint magnitude = composer.compose_centered(residues_of(x, primes), negative);
      u128 value = 0;
      for (std::size_t w = magnitude.words().size(); w-- > 0;) value = (value << 64) | magnitude.words()[w];
      EXPECT_EQ(negative ? -static_cast<i128>(value) : static_cast<i128>(value), x) << "seed " << kSeed;
      EXPECT_EQ(composer.compose_centered(residues_of(x, primes)), static_cast<long double>(x));
    }
  }
}

TEST(CrtComposer, CentresAtHalfTheProduct) {
  const auto primes = moduli(50, 12);
  const CrtComposer composer(primes);
  // (Q - 1) / 2 is the largest positive value; (Q + 1) / 2 the most negative one.
  const BigUint half = composer.product().half();
  std::vector<std::uint64_t> residues;
  for (const Modulus& q : primes) residues.push_back((q.value() - 1) / 2);
  bool negative = true;
  EXPECT_EQ(composer.compose_centered(residues, negative).compare(half), 0);
  EXPECT_FALSE(negative);
  for (std::uint64_t& r : residues) ++r;
  EXPECT_EQ(composer.compose_centered(residues, negative).compare(half), 0);
  EXPECT_TRUE(negative);
  EXPECT_EQ(composer.compose_centered(std::vector<std::uint64_t>(12, 0)), 0.0L);
  EXPECT_EQ(composer.product().bit_length(), 600);
  EXPECT_NEAR(composer.log2_product(), 600, 1e-6);
}

TEST(CrtComposerDeath, RefusesBrokenInput) {
  const auto primes = moduli(40, 2);
  const std::vector<Modulus> twice = {primes[0], primes[0]};
  EXPECT_DEATH(CrtComposer{twice}, "moduli differ");
  EXPECT_DEATH(CrtComposer{std::vector<Modulus>{}}, "needs a modulus");
  const std::vector<std::uint64_t> one = {0};
  EXPECT_DEATH(static_cast<void>(CrtComposer(primes).compose_centered(one)), "one residue per modulus");
}

}  // namespace
}  // namespace obscura::fhe::arith
