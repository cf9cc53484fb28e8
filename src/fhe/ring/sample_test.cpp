#include "fhe/ring/sample.hpp"

#include <algorithm>
#include <cmath>

#include "fhe/random/sampler.hpp"
#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using test::TestRing;

random::Seed256 test_seed() {
  random::Seed256 seed;
  for (std::size_t i = 0; i < seed.bytes.size(); ++i) seed.bytes[i] = static_cast<std::uint8_t>(i);
  return seed;
}

TEST(Sample, UniformLimbsFollowTheDocumentedRule) {
  const TestRing holder(test::insecure(6, {30, 45}, {50}));
  const RingContext& ring = holder.ring;
  const EvaluationPoly poly = uniform(ring, {2, 1}, test_seed(), 77);
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t prime = ring.modulus(poly.basis(), i).value();
    random::Stream derived(test_seed(), random::Domain::kDerivedSeed, 77);
    random::Seed256 poly_seed;
    derived.fill(poly_seed.bytes);
    random::Stream stream(poly_seed, random::Domain::kUniform, prime);
    std::size_t found = 0;
    while (found < 64) {
      std::array<std::uint8_t, 8> bytes{};
      stream.fill(bytes);
      std::uint64_t word = 0;
      for (std::size_t b = 8; b-- > 0;) word = (word << 8) | bytes[b];
      word &= (std::uint64_t{1} << ring.modulus(poly.basis(), i).bits()) - 1;
      if (word >= prime) continue;
      ASSERT_EQ(poly.limb(i)[found++], word);
    }
  }
}

TEST(Sample, UniformLimbsAreThoseOfTheStreamOnEveryKernelSet) {
  for (const kernels::KernelTable* set : kernels::available_kernels()) {
    for (const int log_n : {4, 7, 10, 13}) {
      const TestRing holder(test::insecure(log_n, {20, 24, 30, 36, 41, 47, 50}, {49, 50}), *set);
      const RingContext& ring = holder.ring;
      for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{77}, UINT64_MAX}) {
        const EvaluationPoly poly = uniform(ring, {7, 2}, test_seed(), index);
        for (int i = 0; i < poly.limbs(); ++i) {
          const std::uint64_t prime = ring.modulus(poly.basis(), i).value();
          random::Stream stream(random::derive_seed(test_seed(), index), random::Domain::kUniform, prime);
          std::vector<std::uint64_t> expected(poly.limb(i).size());
          random::uniform(stream, expected, prime);
          EXPECT_TRUE(std::ranges::equal(poly.limb(i), expected)) << set->name << " N=2^" << log_n << " q=" << prime;
        }
      }
    }
  }
}

TEST(Sample, UniformOfFewerPrimesIsAPartOfTheWhole) {
  const TestRing holder(test::insecure(6, {30, 45, 25}, {50, 31}));
  const RingContext& ring = holder.ring;
  const EvaluationPoly whole = uniform(ring, {3, 2}, test_seed(), 5);
  for (const Basis part : {Basis{1, 0}, Basis{2, 1}, Basis{1, 2}}) {
    EXPECT_TRUE(test::equal(uniform(ring, part, test_seed(), 5), restrict_to(ring, whole, part)));
  }
  EXPECT_FALSE(test::equal(whole, uniform(ring, {3, 2}, test_seed(), 6)));
  EXPECT_FALSE(test::equal(whole, uniform(ring, {3, 2}, random::Seed256{}, 5)));
}

TEST(Sample, CoefficientsHaveTheirDistribution) {
  constexpr int kCount = 1 << 16;
  random::Stream stream(test_seed(), random::Domain::kTest, 0);
  const auto moments = [](std::span<const std::int8_t> values) {
    double mean = 0;
    double square = 0;
    for (const std::int8_t value : values) {
      mean += static_cast<double>(value) / kCount;
      square += static_cast<double>(value * value) / kCount;
    }
    return std::pair(mean, square);
  };
  const auto [error_mean, error_square] = moments(error_coefficients(kCount, stream).reveal_secret());
  EXPECT_NEAR(error_mean, 0, 6 * 3.24 / 256);
  EXPECT_NEAR(error_square, random::kErrorDeviation * random::kErrorDeviation, 6 * 10.5 * 1.42 / 256);
  const SecretCoefficients ternary = ternary_coefficients(kCount, stream);
  const auto [ternary_mean, ternary_square] = moments(ternary.reveal_secret());
  EXPECT_NEAR(ternary_mean, 0, 6 * 0.82 / 256);
  EXPECT_NEAR(ternary_square, 2.0 / 3.0, 6 * 0.48 / 256);
  for (const std::int8_t value : ternary.reveal_secret()) ASSERT_LE(std::abs(value), 1);
}

TEST(Sample, CoefficientsAreThoseOfTheStream) {
  random::Stream first(test_seed(), random::Domain::kTest, 1);
  random::Stream second(test_seed(), random::Domain::kTest, 1);
  std::vector<std::int8_t> expected(1100);
  random::centred_binomial(first, expected);
  EXPECT_TRUE(std::ranges::equal(error_coefficients(1100, second).reveal_secret(), expected));
}

TEST(SampleDeathTest, RefusesAForeignBasis) {
  const TestRing holder(test::insecure(5, {30}, {40}));
  EXPECT_DEATH(static_cast<void>(uniform(holder.ring, {2, 1}, test_seed(), 0)), "not of this ring");
}

}  // namespace
}  // namespace obscura::fhe::ring
