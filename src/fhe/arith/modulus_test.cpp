#include "fhe/arith/modulus.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace obscura::fhe::arith {
namespace {

constexpr std::array<std::uint64_t, 6> kPrimes = {3,         17,          1032193,  // 20 bits
                                                  133857281, 68718428161, 1125899906842597};

std::uint64_t plain_mod(u128 a, const Modulus& q) {
  return static_cast<std::uint64_t>(a % q.value());
}

// Every routine on one triple, against 128-bit division. Returns the number of disagreements.
int mismatches(std::uint64_t word0, std::uint64_t word1, const Modulus& q) {
  const std::uint64_t n = q.value();
  const std::uint64_t a = word0 % n;
  const std::uint64_t b = word1 % n;
  const u128 wide = (u128{word0} << 64) | word1;
  const std::uint64_t word52 = word0 >> 12;
  const ShoupFactor factor = make_shoup(b, q);
  const std::uint64_t product = plain_mod(u128{word52} * b, q);
  const std::uint64_t lazy = mul_shoup_lazy(word52, factor, q);
  int wrong = 0;
  wrong += add_mod(a, b, q) != plain_mod(u128{a} + b, q);
  wrong += sub_mod(a, b, q) != plain_mod(u128{a} + n - b, q);
  wrong += neg_mod(a, q) != plain_mod(n - a, q);
  wrong += mul_mod(a, b, q) != plain_mod(u128{a} * b, q);
  wrong += reduce(word0, q) != word0 % n;
  wrong += reduce128(wide, q) != plain_mod(wide, q);
  wrong += reduce_product(wide >> (128 - 2 * q.bits()), q) != plain_mod(wide >> (128 - 2 * q.bits()), q);
  wrong += mul_shoup(word52, factor, q) != product;
  wrong += lazy != product && lazy != product + n;
  return wrong;
}

void expect_random_triples(int count) {
  constexpr std::uint64_t kSeed = 20240611;
  std::mt19937_64 random(kSeed);
  for (const std::uint64_t prime : kPrimes) {
    const Modulus q(prime);
    int wrong = 0;
    for (int i = 0; i < count; ++i) wrong += mismatches(random(), random(), q);
    EXPECT_EQ(wrong, 0) << "q = " << prime << ", seed " << kSeed;
  }
}

TEST(Modulus, AgreesWithDivisionOnRandomTriples) {
  expect_random_triples(100'000 / 6 + 1);
}

TEST(ModulusSlow, AgreesWithDivisionOnRandomTriples) {
  expect_random_triples(100'000'000 / 6 + 1);
}

TEST(Modulus, AgreesWithDivisionAtTheEdges) {
  for (const std::uint64_t prime : kPrimes) {
    const Modulus q(prime);
    const std::array<std::uint64_t, 8> edges = {0,         1,          prime / 2,         prime - 1,
                                                prime + 1, ~prime + 1, ~std::uint64_t{0}, std::uint64_t{1} << 63};
    for (const std::uint64_t a : edges) {
      for (const std::uint64_t b : edges) EXPECT_EQ(mismatches(a, b, q), 0) << prime << ' ' << a << ' ' << b;
    }
  }
}

TEST(Modulus, KnowsItsBits) {
  EXPECT_EQ(Modulus(3).bits(), 2);
  EXPECT_EQ(Modulus(1032193).bits(), 20);
  EXPECT_EQ(Modulus(1125899906842597).bits(), 50);
}

TEST(Modulus, PowersAndInverses) {
  const Modulus q(1125899906842597);
  EXPECT_EQ(pow_mod(7, 0, q), 1U);
  EXPECT_EQ(pow_mod(0, 0, q), 1U);
  EXPECT_EQ(pow_mod(3, 5, q), 243U);
  EXPECT_EQ(pow_mod(2, q.value() - 1, q), 1U);  // Fermat
  for (const std::uint64_t a : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{123456789}, q.value() - 1}) {
    EXPECT_EQ(mul_mod(a, inv_mod(a, q), q), 1U);
  }
}

TEST(ModulusDeath, RefusesWhatIsNoModulus) {
  EXPECT_DEATH(Modulus(4), "odd prime");
  EXPECT_DEATH(Modulus(1), "odd prime");
  EXPECT_DEATH(Modulus((std::uint64_t{1} << 50) + 1), "below 2\\^50");
  EXPECT_DEATH(static_cast<void>(inv_mod(0, Modulus(17))), "inverse");
  EXPECT_DEATH(static_cast<void>(inv_mod(2, Modulus(15))), "not prime");
  EXPECT_DEATH(static_cast<void>(make_shoup(17, Modulus(17))), "residue");
}

}  // namespace
}  // namespace obscura::fhe::arith
