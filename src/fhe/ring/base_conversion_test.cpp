#include "fhe/ring/base_conversion.hpp"

#include <gtest/gtest.h>

#include <random>

#include "fhe/arith/primes.hpp"
#include "fhe/arith/wide.hpp"
#include "fhe/kernels/kernel_table.hpp"

namespace obscura::fhe::ring {
namespace {

using arith::i128;
using arith::u128;

constexpr std::size_t kSize = 64;

std::uint64_t residue(i128 x, std::uint64_t q) {
  const i128 r = x % static_cast<i128>(q);
  return static_cast<std::uint64_t>(r < 0 ? r + static_cast<i128>(q) : r);
}

/// Lifts `values` from `from` to `to` with the constants under test.
std::vector<std::uint64_t> lifted(const kernels::KernelTable& set, const CenteredConversion& conversion,
                                  const std::vector<arith::Modulus>& from, const arith::Modulus& to, int target,
                                  const std::vector<i128>& values) {
  const std::size_t k = from.size();
  const kernels::AlignedWords words = kernels::allocate_words((k + 2) * kSize);
  std::vector<const std::uint64_t*> rows;
  for (std::size_t j = 0; j <= k; ++j) rows.push_back(words.get() + j * kSize);
  for (std::size_t j = 0; j < k; ++j) {
    for (std::size_t c = 0; c < kSize; ++c) {
      words[j * kSize + c] =
          arith::mul_shoup(residue(values[c], from[j].value()), conversion.scale(static_cast<int>(j)), from[j]);
    }
  }
  set.round_quotients(words.get() + k * kSize, rows.data(), conversion.reciprocals(), k, kSize);
  std::uint64_t* out = words.get() + (k + 1) * kSize;
  const kernels::LiftTarget output = conversion.target(target, out, to);
  set.lift(&output, 1, rows.data(), k + 1, kSize);
  std::vector<std::uint64_t> residues;
  for (std::size_t c = 0; c < kSize; ++c) residues.push_back(arith::reduce(out[c], to));
  return residues;
}

/// Primes of the given sizes, all different, for N = 64.
std::vector<arith::Modulus> primes(const std::vector<int>& sizes) {
  std::vector<arith::Modulus> result;
  std::vector<std::uint64_t> used;
  for (const int bits : sizes) {
    used.push_back(arith::ntt_primes(bits, 6, 1, used).value().front());
    result.emplace_back(used.back());
  }
  return result;
}

class BaseConversionTest : public testing::TestWithParam<std::vector<int>> {};

INSTANTIATE_TEST_SUITE_P(Sizes, BaseConversionTest,
                         testing::Values(std::vector<int>{20}, std::vector<int>{50}, std::vector<int>{50, 50},
                                         std::vector<int>{20, 50, 33}, std::vector<int>{29, 29, 29, 29},
                                         std::vector<int>{20, 20, 20, 21, 21, 21}));

TEST_P(BaseConversionTest, LiftsToTheCentredInteger) {
  const std::vector<arith::Modulus> from = primes(GetParam());
  const std::vector<arith::Modulus> to = primes({35, 22, 49});
  i128 product = 1;
  for (const arith::Modulus& s : from) product *= static_cast<i128>(s.value());
  const CenteredConversion conversion(from, to);
  std::mt19937_64 random(5);
  std::vector<i128> values;
  for (std::size_t c = 0; c < kSize; ++c) {
    const u128 wide = (u128{random()} << 64) | random();
    values.push_back(static_cast<i128>(wide % static_cast<u128>(product)) - (product - 1) / 2);
  }
  values[0] = 0;
  values[1] = 1;
  values[2] = -1;
  // Just inside the margins beyond which the quotient may be off by one.
  const auto k = static_cast<i128>(from.size());
  values[3] = (product - 1) / 2 - (product >> 52) * k * k - 1;
  values[4] = -values[3];
  for (const kernels::KernelTable* set : kernels::available_kernels()) {
    for (std::size_t t = 0; t < to.size(); ++t) {
      const auto result = lifted(*set, conversion, from, to[t], static_cast<int>(t), values);
      for (std::size_t c = 0; c < kSize; ++c) {
        ASSERT_EQ(result[c], residue(values[c], to[t].value())) << set->name << " value " << c;
      }
    }
  }
}

TEST_P(BaseConversionTest, AtTheEdgesTheLiftMayBeOneProductOff) {
  const std::vector<arith::Modulus> from = primes(GetParam());
  const std::vector<arith::Modulus> to = primes({36});
  i128 product = 1;
  for (const arith::Modulus& s : from) product *= static_cast<i128>(s.value());
  const CenteredConversion conversion(from, to);
  for (const int sign : {-1, 1}) {
    std::vector<i128> values;
    for (std::size_t c = 0; c < kSize; ++c) values.push_back(sign * ((product - 1) / 2 - static_cast<i128>(c * c)));
    const auto result = lifted(kernels::portable_kernels(), conversion, from, to[0], 0, values);
    for (std::size_t c = 0; c < kSize; ++c) {
      const bool exact = result[c] == residue(values[c], to[0].value());
      const bool off = result[c] == residue(values[c] - sign * product, to[0].value());
      ASSERT_TRUE(exact || off) << "value " << c;
    }
  }
}

TEST(BaseConversionDeathTest, NeedsPrimes) {
  EXPECT_DEATH(CenteredConversion({}, {}), "1..127 primes");
}

}  // namespace
}  // namespace obscura::fhe::ring
