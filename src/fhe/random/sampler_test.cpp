#include "fhe/random/sampler.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace obscura::fhe::random {
namespace {

Stream test_stream(std::uint64_t index) {
  return {Seed256(), Domain::kTest, index};
}

std::vector<std::uint64_t> words(std::size_t count) {
  std::vector<std::uint64_t> result(count);
  test_stream(0).fill({reinterpret_cast<std::uint8_t*>(result.data()), 8 * count});
  return result;
}

TEST(Uniform, FollowsTheDocumentedRule) {
  for (const std::uint64_t q : {std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{1032193},
                                (std::uint64_t{1} << 49) + 1, std::uint64_t{1125899906842597}}) {
    std::vector<std::uint64_t> drawn(5000);
    Stream stream = test_stream(0);
    uniform(stream, drawn, q);
    std::vector<std::uint64_t> expected;
    const int bits = static_cast<int>(std::bit_width(q - 1));
    std::size_t used = 0;
    for (const std::uint64_t word : words(20000)) {
      if (expected.size() == drawn.size()) break;
      ++used;
      const std::uint64_t candidate = word % (std::uint64_t{1} << bits);
      if (candidate < q) expected.push_back(candidate);
    }
    EXPECT_EQ(drawn, expected) << q;
    std::uint64_t next = 0;
    stream.fill({reinterpret_cast<std::uint8_t*>(&next), 8});
    EXPECT_EQ(next, words(used + 1).back()) << "takes no word more than it needs, q = " << q;
  }
}

TEST(Uniform, FillsTheRangeEvenly) {
  constexpr std::uint64_t kModulus = 97;
  std::vector<std::uint64_t> drawn(97 * 4000);
  Stream stream = test_stream(1);
  uniform(stream, drawn, kModulus);
  std::vector<double> count(kModulus);
  for (const std::uint64_t v : drawn) ++count.at(v);
  double chi2 = 0;
  for (const double c : count) chi2 += (c - 4000) * (c - 4000) / 4000;
  EXPECT_LT(chi2, 96 + 5 * std::sqrt(2 * 96.0));
}

TEST(Ternary, IsEvenOverThreeValues) {
  std::vector<std::int8_t> drawn(300'000);
  Stream stream = test_stream(2);
  ternary(stream, drawn);
  std::array<double, 3> count{};
  for (const std::int8_t v : drawn) ++count.at(static_cast<std::size_t>(v + 1));
  const double sd = std::sqrt(300'000 * (1.0 / 3) * (2.0 / 3));
  for (const double c : count) EXPECT_NEAR(c, 100'000, 5 * sd);
}

TEST(Ternary, FollowsTheDocumentedRule) {
  std::vector<std::int8_t> drawn(3000);
  Stream stream = test_stream(0);
  ternary(stream, drawn);
  const auto source = words(3000);
  constexpr std::uint64_t kThird = 0x5555555555555556;  // ceil(2^64 / 3)
  constexpr std::uint64_t kTwoThirds = 0xAAAAAAAAAAAAAAAB;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const int expected = source[i] < kThird ? -1 : source[i] < kTwoThirds ? 0 : 1;
    EXPECT_EQ(drawn[i], expected);
  }
}

TEST(CentredBinomial, HasTheMomentsOfFortyTwoCoins) {
  constexpr int kCount = 1'000'000;
  std::vector<std::int8_t> drawn(kCount);
  Stream stream = test_stream(3);
  centred_binomial(stream, drawn);
  double sum = 0;
  double sum2 = 0;
  double sum4 = 0;
  for (const std::int8_t v : drawn) {
    const double x = v;
    ASSERT_LE(std::abs(x), 21);
    sum += x;
    sum2 += x * x;
    sum4 += x * x * x * x;
  }
  // Fourth moment of a sum of 42 independent +-1/2: 3 * 10.5^2 - 42 * 2 / 16.
  constexpr double kFourth = 3 * 10.5 * 10.5 - 5.25;
  EXPECT_NEAR(sum / kCount, 0, 5 * kErrorDeviation / 1000);
  EXPECT_NEAR(sum2 / kCount, 10.5, 5 * std::sqrt(kFourth - 10.5 * 10.5) / 1000);
  EXPECT_NEAR(sum4 / kCount, kFourth, 0.02 * kFourth);
  EXPECT_NEAR(kErrorDeviation, std::sqrt(10.5), 1e-15);
}

TEST(CentredBinomial, CountsTheDocumentedBits) {
  std::vector<std::int8_t> drawn(3000);
  Stream stream = test_stream(0);
  centred_binomial(stream, drawn);
  const auto source = words(3000);
  constexpr std::uint64_t kMask = (1U << 21) - 1;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    EXPECT_EQ(drawn[i], std::popcount(source[i] & kMask) - std::popcount((source[i] >> 21) & kMask));
  }
}

TEST(SparseTernary, HasItsWeightAndBothSignsEverywhere) {
  constexpr int kSize = 64;
  constexpr int kWeight = 16;
  constexpr int kTrials = 20'000;
  std::array<int, kSize> count{};
  int positive = 0;
  Stream stream = test_stream(5);
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<std::int8_t> drawn(kSize, 9);
    sparse_ternary(stream, drawn, kWeight);
    int weight = 0;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      ASSERT_LE(std::abs(drawn[i]), 1);
      weight += std::abs(drawn[i]);
      count.at(i) += std::abs(drawn[i]);
      positive += drawn[i] > 0 ? 1 : 0;
    }
    ASSERT_EQ(weight, kWeight);
  }
  const double share = static_cast<double>(kWeight) / kSize;
  for (const int c : count) EXPECT_NEAR(c, kTrials * share, 5.5 * std::sqrt(kTrials * share * (1 - share)));
  EXPECT_NEAR(positive, kTrials * kWeight / 2, 5 * std::sqrt(kTrials * kWeight / 4.0));
}

TEST(SparseTernary, FollowsTheDocumentedRule) {
  constexpr int kWeight = 200;
  std::vector<std::int8_t> drawn(1024);
  Stream stream = test_stream(0);
  sparse_ternary(stream, drawn, kWeight);
  std::vector<std::int8_t> expected(1024);
  int weight = 0;
  for (const std::uint64_t word : words(2000)) {
    std::int8_t& place = expected[word % 1024];
    if (place != 0) continue;
    place = (word >> 63) != 0 ? -1 : 1;
    if (++weight == kWeight) break;
  }
  EXPECT_EQ(drawn, expected);
}

TEST(SamplerDeath, RefusesAnImpossibleWeight) {
  std::vector<std::int8_t> out(8);
  Stream stream = test_stream(4);
  EXPECT_DEATH(sparse_ternary(stream, out, 5), "weight is out of range");
  out.resize(7);
  EXPECT_DEATH(sparse_ternary(stream, out, 2), "power of two");
}

TEST(SamplerDeath, RefusesAnImpossibleModulus) {
  std::vector<std::uint64_t> out(8);
  Stream stream = test_stream(4);
  EXPECT_DEATH(uniform(stream, out, 1), "2 <= q");
  EXPECT_DEATH(uniform(stream, out, std::uint64_t{1} << 63), "2 <= q");
}

}  // namespace
}  // namespace obscura::fhe::random
