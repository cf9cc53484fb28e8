#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "fhe/random/sampler.hpp"
#include "fhe/random/test_statistics.hpp"

/// The distribution of each sampler over n draws: 10^6, and under "Slow" 10^8. Seeds are fixed, so that a test passes
/// or fails for ever; another seed would fail a right sampler in about one of 10^5 runs. What is held:
///
/// - chi-square against the exact distribution: 10^-6 < p < 1 - 10^-6. Too even is wrong as well.
/// - the mean within five standard errors sd / sqrt(n).
/// - the variance within five standard errors sqrt((kurtosis - 1) / n), relative. The kurtosis is 3 - 2/42 of the
///   centred binomial (a sum of 42 independent +-1/2), 3/2 of the ternary, 9/5 of the uniform distribution: at 10^8
///   draws the errors are 1.40e-4, 7.1e-5 and 8.9e-5, and five of the largest are the 7e-4 that are promised.
/// - products of neighbours: their mean is within five standard errors, variance / sqrt(n), of zero. (Neighbouring
///   products share a draw, but are uncorrelated.)
/// - support: nothing outside, and everything inside that is missed with probability below e^-14 = 8e-7.
namespace obscura::fhe::random {
namespace {

constexpr double kLeastP = 1e-6;
constexpr double kErrors = 5;
constexpr double kSurelySeen = 14;
constexpr std::size_t kChunk = std::size_t{1} << 16;
constexpr std::size_t kFew = 1'000'000;
constexpr std::size_t kMany = 100'000'000;

Stream numbered_stream(std::uint64_t index) {
  return {Seed256(), Domain::kTest, 1000 + index};
}

void expect_even(const std::string& what, const test::ChiSquare& result) {
  std::printf("%s: chi-square %.1f of %.0f degrees, p = %.4f\n", what.c_str(), result.statistic, result.freedom,
              result.p);
  EXPECT_GT(result.p, kLeastP) << what;
  EXPECT_LT(result.p, 1 - kLeastP) << what;
}

/// What the draws of a sampler should look like, and did.
struct Moments {
  double mean;
  double variance;
  double product;  ///< mean product of neighbours' distances from the expected mean
};
void expect_moments(const std::string& what, std::size_t n, const Moments& due, double kurtosis, const Moments& seen) {
  const double root = std::sqrt(static_cast<double>(n));
  const double mean_errors = (seen.mean - due.mean) / std::sqrt(due.variance) * root;
  const double variance_errors = (seen.variance / due.variance - 1) / std::sqrt(kurtosis - 1) * root;
  const double product_errors = seen.product / due.variance * root;
  std::printf("%s: standard errors off: mean %+.2f, variance %+.2f (%+.1e relative), neighbours %+.2f\n", what.c_str(),
              mean_errors, variance_errors, seen.variance / due.variance - 1, product_errors);
  EXPECT_LT(std::abs(mean_errors), kErrors) << what;
  EXPECT_LT(std::abs(variance_errors), kErrors) << what;
  EXPECT_LT(std::abs(product_errors), kErrors) << what;
}

// ---- Small signed numbers: ternary and centred binomial.

constexpr int kOffset = 128;
using Histogram = std::array<std::uint64_t, 256>;

struct SmallDraws {
  Histogram count{};
  std::int64_t products = 0;
};

using SmallSampler = void (*)(Stream&, std::span<std::int8_t>);

SmallDraws draw_small(SmallSampler sampler, std::size_t n, std::uint64_t index) {
  SmallDraws draws;
  std::vector<std::int8_t> chunk(kChunk);
  Stream stream = numbered_stream(index);
  std::int8_t before = 0;
  for (std::size_t done = 0; done < n; done += chunk.size()) {
    chunk.resize(std::min(kChunk, n - done));
    sampler(stream, chunk);
    for (const std::int8_t value : chunk) {
      ++draws.count[static_cast<std::size_t>(value + kOffset)];
      draws.products += value * before;
      before = value;
    }
  }
  return draws;
}

/// Around zero, which is the mean of both.
Moments moments_of(const SmallDraws& draws, std::size_t n) {
  double sum = 0;
  double squares = 0;
  for (int value = -kOffset; value < kOffset; ++value) {
    const auto count = static_cast<double>(draws.count[static_cast<std::size_t>(value + kOffset)]);
    sum += value * count;
    squares += value * value * count;
  }
  const auto all = static_cast<double>(n);
  return {sum / all, squares / all, static_cast<double>(draws.products) / all};
}

/// `probability`: of -reach .. reach.
void expect_distribution(const std::string& what, const SmallDraws& draws, std::size_t n,
                         const std::vector<double>& probability) {
  const int reach = static_cast<int>(probability.size() / 2);
  std::vector<double> counts;
  std::vector<double> expected;
  std::uint64_t inside = 0;
  for (int value = -reach; value <= reach; ++value) {
    const std::uint64_t count = draws.count[static_cast<std::size_t>(value + kOffset)];
    counts.push_back(static_cast<double>(count));
    expected.push_back(probability[static_cast<std::size_t>(value + reach)] * static_cast<double>(n));
    inside += count;
    EXPECT_TRUE(count > 0 || expected.back() < kSurelySeen) << what << " never gives " << value;
  }
  EXPECT_EQ(inside, n) << what << " leaves its support";
  expect_even(what, test::chi_square(counts, expected));
}

void check_ternary(std::size_t n) {
  const SmallDraws draws = draw_small(ternary, n, 0);
  expect_distribution("ternary", draws, n, {1.0 / 3, 1.0 / 3, 1.0 / 3});
  expect_moments("ternary", n, {0, 2.0 / 3, 0}, 1.5, moments_of(draws, n));
}

void check_binomial(std::size_t n) {
  const SmallDraws draws = draw_small(centred_binomial, n, 1);
  std::vector<double> probability = {std::exp2(-42)};
  for (int k = 1; k <= 42; ++k) probability.push_back(probability.back() * (43 - k) / k);
  expect_distribution("centred binomial", draws, n, probability);
  expect_moments("centred binomial", n, {0, 10.5, 0}, 3 - 2.0 / 42, moments_of(draws, n));
}

// ---- Uniform residues.

/// Cells of equal width, as nearly as integers allow, and what the lowest bits say.
struct UniformDraws {
  static constexpr std::uint64_t kCells = 4096;
  std::vector<double> high = std::vector<double>(kCells);
  std::vector<double> low = std::vector<double>(kCells);
  Moments moments{};
  std::uint64_t least = ~std::uint64_t{0};
  std::uint64_t most = 0;
};

/// Moments in units of q, of (x - (q - 1) / 2) / q.
UniformDraws draw_uniform(std::uint64_t q, std::size_t n, std::uint64_t index) {
  __extension__ using u128 = unsigned __int128;
  UniformDraws draws;
  std::vector<std::uint64_t> chunk(kChunk);
  Stream stream = numbered_stream(index);
  const double middle = static_cast<double>(q - 1) / 2;
  const double unit = 1 / static_cast<double>(q);
  double before = 0;
  for (std::size_t done = 0; done < n; done += chunk.size()) {
    chunk.resize(std::min(kChunk, n - done));
    uniform(stream, chunk, q);
    Moments part{};  // summed chunk by chunk: the error of the sums stays below 2^-40
    for (const std::uint64_t value : chunk) {
      ++draws.high[std::min(static_cast<std::uint64_t>(u128{value} * UniformDraws::kCells / q),
                            UniformDraws::kCells - 1)];
      ++draws.low[value % UniformDraws::kCells];
      const double x = (static_cast<double>(value) - middle) * unit;
      part.mean += x;
      part.variance += x * x;
      part.product += x * before;
      before = x;
      draws.least = std::min(draws.least, value);
      draws.most = std::max(draws.most, value);
    }
    draws.moments.mean += part.mean / static_cast<double>(n);
    draws.moments.variance += part.variance / static_cast<double>(n);
    draws.moments.product += part.product / static_cast<double>(n);
  }
  return draws;
}

/// How many of 0 .. q - 1 fall into each cell, times n / q.
std::vector<double> expected_high(std::uint64_t q, std::size_t n) {
  __extension__ using u128 = unsigned __int128;
  std::vector<double> expected;
  const auto start = [q](std::uint64_t cell) {
    return static_cast<std::uint64_t>((u128{cell} * q + UniformDraws::kCells - 1) / UniformDraws::kCells);
  };
  for (std::uint64_t cell = 0; cell < UniformDraws::kCells; ++cell) {
    expected.push_back(static_cast<double>(start(cell + 1) - start(cell)) / static_cast<double>(q) *
                       static_cast<double>(n));
  }
  return expected;
}

std::vector<double> expected_low(std::uint64_t q, std::size_t n) {
  std::vector<double> expected;
  for (std::uint64_t rest = 0; rest < UniformDraws::kCells; ++rest) {
    const std::uint64_t members = (q - 1 - rest) / UniformDraws::kCells + 1;
    expected.push_back(static_cast<double>(members) / static_cast<double>(q) * static_cast<double>(n));
  }
  return expected;
}

void check_uniform(std::uint64_t q, std::size_t n, std::uint64_t index) {
  const std::string what = "uniform modulo a prime of " + std::to_string(std::bit_width(q)) + " bits";
  const UniformDraws draws = draw_uniform(q, n, index);
  expect_even(what + ", where", test::chi_square(draws.high, expected_high(q, n)));
  expect_even(what + ", low bits", test::chi_square(draws.low, expected_low(q, n)));
  // The variance of 0 .. q - 1 is (q^2 - 1) / 12.
  expect_moments(what, n, {0, 1.0 / 12, 0}, 1.8, draws.moments);
  const auto unseen =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(q) * kSurelySeen / static_cast<double>(n)));
  EXPECT_LT(draws.most, q) << what;
  EXPECT_GE(draws.most, q - unseen) << what;
  EXPECT_LE(draws.least, unseen) << what;
}

// ---- Sparse ternary.

/// How often a place was 1 and -1 over `trials` polynomials.
struct SparseDraws {
  std::vector<double> plus;
  std::vector<double> minus;
  bool right_weight = true;
};

SparseDraws draw_sparse(std::size_t size, int weight, std::size_t trials, std::uint64_t index) {
  std::vector<std::uint32_t> plus(size);
  std::vector<std::uint32_t> minus(size);
  std::vector<std::int8_t> drawn(size);
  Stream stream = numbered_stream(index);
  SparseDraws draws;
  for (std::size_t trial = 0; trial < trials; ++trial) {
    sparse_ternary(stream, drawn, weight);
    std::uint32_t ones = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const auto is_plus = static_cast<std::uint32_t>(drawn[i] == 1);
      const auto is_minus = static_cast<std::uint32_t>(drawn[i] == -1);
      plus[i] += is_plus;
      minus[i] += is_minus;
      ones += is_plus + is_minus;
      draws.right_weight = draws.right_weight && is_plus + is_minus == static_cast<std::uint32_t>(drawn[i] != 0);
    }
    draws.right_weight = draws.right_weight && ones == static_cast<std::uint32_t>(weight);
  }
  draws.plus.assign(plus.begin(), plus.end());
  draws.minus.assign(minus.begin(), minus.end());
  return draws;
}

/// `draws` places in polynomials of `size` coefficients. A place is taken with p = weight / size; two are not
/// independent: their covariance is -p (1 - p) / (size - 1). So the sum of (count - T p)^2 / (T p (1 - p)), over T
/// polynomials, is size / (size - 1) times a chi-square of size - 1 degrees; and given the counts, the signs are
/// independent coins: the sum of (plus - minus)^2 / count is a chi-square of size degrees.
void check_sparse(std::size_t size, int weight, std::size_t places, std::uint64_t index) {
  const std::size_t trials = places / static_cast<std::size_t>(weight);
  const SparseDraws draws = draw_sparse(size, weight, trials, index);
  const auto n = static_cast<double>(size);
  const double p = weight / n;
  const auto count_of_all = static_cast<double>(trials);
  double where = 0;
  double signs = 0;
  double difference = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double count = draws.plus[i] + draws.minus[i];
    const double distance = count - count_of_all * p;
    where += distance * distance / (count_of_all * p * (1 - p));
    signs += (draws.plus[i] - draws.minus[i]) * (draws.plus[i] - draws.minus[i]) / count;
    difference += draws.plus[i] - draws.minus[i];
  }
  where *= (n - 1) / n;
  const std::string what = std::to_string(weight) + " places of " + std::to_string(size);
  EXPECT_TRUE(draws.right_weight) << what;
  expect_even(what, {where, n - 1, test::chi_square_p(where, n - 1)});
  expect_even(what + ", signs", {signs, n, test::chi_square_p(signs, n)});
  // The signs' sum is that of `places` coins.
  const double drawn = count_of_all * weight;
  EXPECT_LT(std::abs(difference), kErrors * std::sqrt(drawn)) << what;
}

// NTT-friendly, of the smallest and the largest size that parameters use: the first of 27 bits, which drops almost half
// of all words, and the last of 50 bits, which drops almost none.
constexpr std::uint64_t kSmallPrime = 67239937;
constexpr std::uint64_t kLargePrime = 1125899904679937;

TEST(Statistics, KnowsQuantilesOfChiSquare) {
  // From tables: upper quantiles.
  EXPECT_NEAR(test::chi_square_p(3.841458821, 1), 0.05, 1e-9);
  EXPECT_NEAR(test::chi_square_p(18.30703805, 10), 0.05, 1e-9);
  EXPECT_NEAR(test::chi_square_p(124.3421134, 100), 0.05, 1e-8);
  EXPECT_NEAR(test::chi_square_p(3.940299136, 10), 0.95, 1e-9);
  EXPECT_NEAR(test::chi_square_p(2, 2), std::exp(-1), 1e-12);
  EXPECT_NEAR(test::chi_square_p(60, 2) / std::exp(-30), 1, 1e-10);
}

TEST(Statistics, SeesThreeInAThousandDrawsMoved) {
  // From -1 to 1, of 10^6: a chi-square of 2 * 3000^2 / (10^6 / 3) = 54, p = e^-27.
  const std::vector<double> counts = {1e6 / 3 - 3000, 1e6 / 3, 1e6 / 3 + 3000};
  const test::ChiSquare result = test::chi_square(counts, std::vector<double>(3, 1e6 / 3));
  EXPECT_NEAR(std::log(result.p), -27, 1e-6);
  EXPECT_LT(result.p, kLeastP);
}

TEST(Statistics, JoinsCellsThatExpectLittle) {
  const std::vector<double> counts = {1, 2, 30, 40, 1};
  const std::vector<double> expected = {2, 3, 30, 35, 4};
  const test::ChiSquare result = test::chi_square(counts, expected);  // 33 of 35 and 41 of 39
  EXPECT_EQ(result.freedom, 1);
  EXPECT_NEAR(result.statistic, 4.0 / 35 + 4.0 / 39, 1e-12);
}

TEST(SamplerStatistics, TernaryOverAMillion) {
  check_ternary(kFew);
}
TEST(SamplerStatistics, CentredBinomialOverAMillion) {
  check_binomial(kFew);
}
TEST(SamplerStatistics, UniformOverAMillion) {
  check_uniform(kSmallPrime, kFew, 2);
  check_uniform(kLargePrime, kFew, 3);
}
TEST(SamplerStatistics, SparseTernaryOverAMillion) {
  check_sparse(64, 32, kFew, 4);
  check_sparse(4096, 32, kFew / 10, 5);
}

TEST(SlowSamplerStatistics, Ternary) {
  check_ternary(kMany);
}
TEST(SlowSamplerStatistics, CentredBinomial) {
  check_binomial(kMany);
}
TEST(SlowSamplerStatistics, UniformModuloASmallPrime) {
  check_uniform(kSmallPrime, kMany, 2);
}
TEST(SlowSamplerStatistics, UniformModuloALargePrime) {
  check_uniform(kLargePrime, kMany, 3);
}
TEST(SlowSamplerStatistics, SparseTernary) {
  check_sparse(64, 32, kMany, 4);
}

}  // namespace
}  // namespace obscura::fhe::random
