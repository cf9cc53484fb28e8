#include "fhe/params/param_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <set>
#include <string>

#include "fhe/arith/primes.hpp"

namespace obscura::fhe::params {
namespace {

using testing::HasSubstr;

std::vector<int> repeat(int bits, int count) {
  return std::vector<int>(static_cast<std::size_t>(count), bits);
}

TEST(ParamSet, TableOfCaps) {
  EXPECT_EQ(max_log_qp(Security::k128, 11), 52);
  EXPECT_EQ(max_log_qp(Security::k128, 13), 210);
  EXPECT_EQ(max_log_qp(Security::k128, 17), 3470);
  EXPECT_EQ(max_log_qp(Security::k192, 14), 297);
  EXPECT_EQ(max_log_qp(Security::k256, 12), 56);
  EXPECT_EQ(max_log_qp(Security::k256, 10), 0);
  EXPECT_EQ(max_log_qp(Security::k128, 18), 0);
  EXPECT_EQ(max_log_qp(static_cast<Security>(100), 13), 0);
}

TEST(ParamSet, PrimesAreTheLargestOfTheirSizeAndDistinct) {
  const auto params = ParamSet::create({13, {27, 27, 29, 29, 29, 29}, {37}, Security::k128});
  ASSERT_TRUE(params.has_value());
  EXPECT_FALSE(params->insecure());
  EXPECT_EQ(params->max_level(), Level(5));
  EXPECT_EQ(params->degree(), 8192);
  EXPECT_EQ(params->slots(), 4096);
  std::set<std::uint64_t> seen;
  for (const auto primes : {params->q(), params->p()}) {
    for (const arith::Modulus& prime : primes) {
      EXPECT_TRUE(seen.insert(prime.value()).second);
      EXPECT_EQ(prime.value() % 16384, 1U);
      EXPECT_TRUE(arith::is_prime(prime.value()));
    }
  }
  const auto of_29_bits = arith::ntt_primes(29, 13, 4);
  ASSERT_TRUE(of_29_bits.has_value());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(params->q()[2 + i].value(), (*of_29_bits)[i]);
  EXPECT_NEAR(params->log2_qp(), 207, 0.1);
  EXPECT_NEAR(params->log2_q(Level(1)), 54, 0.1);
  EXPECT_NEAR(params->log2_p(), 37, 0.01);
}

TEST(ParamSet, EqualLiteralsMeanEqualPrimes) {
  const ParamLiteral literal{12, {30, 30}, {40}, Security::k128};
  const auto a = ParamSet::create(literal);
  const auto b = ParamSet::create(literal);
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_TRUE(std::equal(a->q().begin(), a->q().end(), b->q().begin(), b->q().end()));
  EXPECT_TRUE(std::equal(a->p().begin(), a->p().end(), b->p().begin(), b->p().end()));
  EXPECT_EQ(a->literal(), literal);
}

TEST(ParamSet, OneDigitPerPrimeWhenTwoDoNotFit) {
  const auto params = ParamSet::create({13, {27, 27, 29, 29, 29, 29}, {37}, Security::k128});
  ASSERT_TRUE(params.has_value());
  ASSERT_EQ(params->digits().size(), 6U);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(params->digits()[static_cast<std::size_t>(i)], (DigitRange{i, 1}));
  EXPECT_EQ(params->digit_count(Level(0)), 1);
  EXPECT_EQ(params->digit_count(Level(5)), 6);
}

TEST(ParamSet, DigitsAreFilledByBits) {
  const auto params = ParamSet::create_insecure({{6, {50, 30, 30, 30, 40, 40, 30}, {50, 50}, Security::k128}});
  ASSERT_TRUE(params.has_value());
  EXPECT_TRUE(params->insecure());
  const std::vector<DigitRange> expected = {{0, 2}, {2, 3}, {5, 2}};
  EXPECT_TRUE(std::equal(params->digits().begin(), params->digits().end(), expected.begin(), expected.end()));
  EXPECT_EQ(params->digit_count(Level(1)), 1);
  EXPECT_EQ(params->digit_count(Level(2)), 2);
  EXPECT_EQ(params->digit_count(Level(4)), 2);
  EXPECT_EQ(params->digit_count(Level(6)), 3);
}

TEST(ParamSet, EquallySizedPrimesFillADigitAsLongAsP) {
  const auto params = ParamSet::create_insecure({{13, repeat(40, 6), repeat(40, 3), Security::k128}});
  ASSERT_TRUE(params.has_value());
  ASSERT_EQ(params->digits().size(), 2U);
  EXPECT_EQ(params->digits()[0], (DigitRange{0, 3}));
  EXPECT_EQ(params->digits()[1], (DigitRange{3, 3}));
}

TEST(ParamSet, RefusesAPrimeAboveP) {
  const auto params = ParamSet::create({13, {30, 45}, {40}, Security::k128});
  ASSERT_FALSE(params.has_value());
  EXPECT_EQ(params.error().code, base::ErrorCode::kUnsupported);
  EXPECT_THAT(params.error().message, HasSubstr("q_1"));
  EXPECT_THAT(params.error().message, HasSubstr("45.00"));
  EXPECT_THAT(params.error().message, HasSubstr("40.00"));
}

TEST(ParamSet, RefusesSizesOutOfRange) {
  const std::vector<ParamLiteral> bad = {{10, {20}, {20}, Security::k128},
                                         {18, {30}, {30}, Security::k128},
                                         {13, {}, {30}, Security::k128},
                                         {13, {30}, {}, Security::k128},
                                         {13, {19}, {30}, Security::k128},
                                         {13, {30}, {51}, Security::k128},
                                         {13, {-5}, {30}, Security::k128},
                                         {13, {30}, {30}, static_cast<Security>(100)},
                                         {17, repeat(40, 65), {50}, Security::k128},
                                         {17, repeat(20, 10), {50}, Security::k128}};
  for (const ParamLiteral& literal : bad) {
    const auto params = ParamSet::create(literal);
    ASSERT_FALSE(params.has_value());
    EXPECT_EQ(params.error().code, base::ErrorCode::kUnsupported) << params.error().message;
    EXPECT_FALSE(params.error().hint.empty());
  }
  EXPECT_FALSE(ParamSet::create_insecure({{3, {30}, {30}, Security::k128}}).has_value());
  EXPECT_TRUE(ParamSet::create_insecure({{4, {30}, {30}, Security::k128}}).has_value());
}

TEST(ParamSet, TheCapItselfIsAllowedAndOneBitMoreIsNot) {
  for (const Security security : {Security::k128, Security::k192, Security::k256}) {
    const int cap = max_log_qp(security, 13);
    // 25-bit primes, one of them larger, fill up to the cap exactly.
    const int rest = (cap - 50) % 25;
    ParamLiteral literal{13, repeat(25, (cap - 50) / 25), {50}, security};
    literal.q_bits[0] += rest;
    EXPECT_TRUE(ParamSet::create(literal).has_value());
    ++literal.q_bits[0];
    const auto refused = ParamSet::create(literal);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, base::ErrorCode::kInsecure);
  }
}

TEST(ParamSet, RefusesFiftySetsOverTheCap) {
  constexpr unsigned kSeed = 20240501;
  RecordProperty("seed", static_cast<int>(kSeed));
  std::mt19937 random(kSeed);
  const Security levels[] = {Security::k128, Security::k192, Security::k256};
  for (int trial = 0; trial < 50; ++trial) {
    const int log_n = 11 + trial % 4;
    const Security security = levels[random() % 3];
    const int cap = max_log_qp(security, log_n);
    ParamLiteral literal{log_n, {}, {50}, security};
    int bits = 50;
    while (bits <= cap || literal.q_bits.empty()) {
      literal.q_bits.push_back(28 + static_cast<int>(random() % 23));
      bits += literal.q_bits.back();
    }
    const auto params = ParamSet::create(literal);
    ASSERT_FALSE(params.has_value()) << "trial " << trial << " of seed " << kSeed;
    EXPECT_EQ(params.error().code, base::ErrorCode::kInsecure);
    const auto insecure = ParamSet::create_insecure({literal});
    ASSERT_TRUE(insecure.has_value());
    char number[32];
    std::snprintf(number, sizeof number, "log2(QP) = %.2f ", insecure->log2_qp());
    EXPECT_THAT(params.error().message, HasSubstr(number));
    EXPECT_THAT(params.error().message, HasSubstr("cap of " + std::to_string(cap) + " "));
    EXPECT_THAT(params.error().message, HasSubstr("N = 2^" + std::to_string(log_n) + " "));
    EXPECT_THAT(params.error().message, HasSubstr(std::to_string(static_cast<int>(security)) + " bits"));
    EXPECT_THAT(params.error().hint, HasSubstr("use N = 2^"));
  }
}

TEST(ParamSet, HintNamesTheDegreeThatWouldDo) {
  const auto params = ParamSet::create({13, {27, 27, 29, 29, 29, 29}, {37}, Security::k192});
  ASSERT_FALSE(params.has_value());
  EXPECT_THAT(params.error().hint, HasSubstr("N = 2^14 (up to 297 bits)"));
  const auto hopeless = ParamSet::create({17, repeat(50, 50), repeat(50, 20), Security::k192});
  ASSERT_FALSE(hopeless.has_value());
  EXPECT_THAT(hopeless.error().hint, HasSubstr("no supported ring degree"));
}

}  // namespace
}  // namespace obscura::fhe::params
