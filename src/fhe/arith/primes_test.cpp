#include "fhe/arith/primes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace obscura::fhe::arith {
namespace {

using Primes = std::vector<std::uint64_t>;

TEST(Primes, TestsEveryNumberBelowTenThousand) {
  std::vector<bool> composite(10000);
  for (std::uint64_t n = 2; n < composite.size(); ++n) {
    for (std::uint64_t k = 2 * n; k < composite.size(); k += n) composite[k] = true;
  }
  for (std::uint64_t n = 0; n < composite.size(); ++n) EXPECT_EQ(is_prime(n), n >= 2 && !composite[n]) << n;
}

TEST(Primes, TestsLargeNumbers) {
  EXPECT_TRUE(is_prime(18446744073709551557U));  // the largest below 2^64
  EXPECT_TRUE(is_prime(2305843009213693951U));   // 2^61 - 1
  EXPECT_FALSE(is_prime(18446744073709551615U));
  EXPECT_FALSE(is_prime(3215031751U));           // strong pseudoprime to 2, 3, 5, 7
  EXPECT_FALSE(is_prime(3825123056546413051U));  // strong pseudoprime to the first nine primes
  EXPECT_FALSE(is_prime(1125899906842597U * 16381U));
}

// Found by an independent program.
TEST(Primes, FindsKnownNttPrimes) {
  EXPECT_EQ(ntt_primes(50, 17, 3).value(), (Primes{1125899902124033, 1125899886395393, 1125899884036097}));
  EXPECT_EQ(ntt_primes(20, 11, 3).value(), (Primes{1032193, 995329, 974849}));
  EXPECT_EQ(ntt_primes(27, 13, 3).value(), (Primes{133857281, 133644289, 133611521}));
  EXPECT_EQ(ntt_primes(50, 3, 2).value(), (Primes{1125899906842273, 1125899906842177}));
}

TEST(Primes, SkipsExcludedOnes) {
  const Primes exclude = {995329, 1032193};
  EXPECT_EQ(ntt_primes(20, 11, 1, exclude).value(), Primes{974849});
  EXPECT_TRUE(ntt_primes(20, 11, 0).value().empty());
}

TEST(Primes, RefusesWhatDoesNotExist) {
  EXPECT_EQ(ntt_primes(18, 14, 2).error().code, base::ErrorCode::kLimit);  // 163841 is the only one
  EXPECT_EQ(ntt_primes(18, 14, 1).value(), Primes{163841});
  EXPECT_EQ(ntt_primes(51, 14, 1).error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(ntt_primes(15, 14, 1).error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(ntt_primes(40, 2, 1).error().code, base::ErrorCode::kUnsupported);
  EXPECT_EQ(ntt_primes(40, 18, 1).error().code, base::ErrorCode::kUnsupported);
}

// Found by an independent program.
TEST(Primes, FindsTheSmallestRoots) {
  EXPECT_EQ(primitive_root_2n(Modulus(1125899902124033), 17), 2252645995U);
  EXPECT_EQ(primitive_root_2n(Modulus(1032193), 11), 488U);
  EXPECT_EQ(primitive_root_2n(Modulus(133857281), 13), 6188U);
  EXPECT_EQ(primitive_root_2n(Modulus(1125899906842273), 3), 59898041737463U);
  EXPECT_EQ(primitive_root_2n(Modulus(17), 3), 3U);
}

TEST(PrimesDeath, RootNeedsAFittingPrime) {
  EXPECT_DEATH(static_cast<void>(primitive_root_2n(Modulus(1032193), 17)), "1 modulo 2N");
}

}  // namespace
}  // namespace obscura::fhe::arith
