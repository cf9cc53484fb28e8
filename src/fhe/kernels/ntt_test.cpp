#include <gtest/gtest.h>

#include "fhe/kernels/evaluation_order.hpp"
#include "fhe/kernels/test_limbs.hpp"

namespace obscura::fhe::kernels {
namespace {

using arith::Modulus;
using test::Limb;

// f(x) by Horner, with 128-bit division only.
std::uint64_t evaluate(const Limb& f, std::uint64_t x, std::uint64_t q) {
  std::uint64_t value = 0;
  for (std::size_t i = f.size(); i-- > 0;) {
    value = static_cast<std::uint64_t>((arith::u128{value} * x + f[i]) % q);
  }
  return value;
}

std::uint64_t power(std::uint64_t base, std::uint64_t exponent, std::uint64_t q) {
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < exponent; ++i) value = static_cast<std::uint64_t>(arith::u128{value} * base % q);
  return value;
}

TEST(Ntt, IsEvaluationAtOddPowersOfPsi) {
  std::mt19937_64 random(test::kSeed);
  for (int log_n = 3; log_n <= 9; ++log_n) {
    for (const Modulus& q : test::primes_for(log_n)) {
      const NttTables tables = NttTables::build(q, log_n);
      const Limb f = test::random_limb(tables.size(), q.value(), random);
      for (const KernelTable* set : available_kernels()) {
        Limb x = f;
        set->ntt_forward(x.data(), tables);
        for (std::size_t i = 0; i < x.size(); i += log_n < 7 ? 1 : 13) {
          const std::uint64_t point = power(tables.psi, evaluation_exponent(log_n, i), q.value());
          ASSERT_EQ(x[i], evaluate(f, point, q.value())) << set->name << " N=2^" << log_n << " q=" << q.value();
        }
      }
    }
  }
}

// Every size: a product of two sparse polynomials is their negacyclic convolution, and the inverse
// undoes the forward transform.
TEST(Ntt, MultipliesSparsePolynomials) {
  std::mt19937_64 random(test::kSeed);
  for (int log_n = 3; log_n <= 17; ++log_n) {
    const auto primes = test::primes_for(log_n);
    const Modulus& q = primes[random() % primes.size()];
    const NttTables tables = NttTables::build(q, log_n);
    const std::size_t n = tables.size();
    for (const KernelTable* set : available_kernels()) {
      Limb f(n);
      Limb g(n);
      Limb expected(n);
      for (int k = 0; k < 3; ++k) f[random() % n] = random() % q.value();
      for (int k = 0; k < 3; ++k) g[random() % n] = q.value() - 1 - random() % 3;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; f[i] != 0 && j < n; ++j) {
          if (g[j] == 0) continue;
          const std::uint64_t term = arith::mul_mod(f[i], g[j], q);
          std::uint64_t& slot = expected[(i + j) % n];
          slot = i + j < n ? arith::add_mod(slot, term, q) : arith::sub_mod(slot, term, q);
        }
      }
      Limb copy = f;
      set->ntt_forward(f.data(), tables);
      set->ntt_forward(g.data(), tables);
      set->multiply(g.data(), f.data(), g.data(), n, q);
      set->ntt_inverse(g.data(), tables);
      EXPECT_EQ(g, expected) << set->name << " N=2^" << log_n << " q=" << q.value() << " seed " << test::kSeed;
      set->ntt_inverse(f.data(), tables);
      EXPECT_EQ(f, copy) << set->name << " N=2^" << log_n << " q=" << q.value();
    }
  }
}

TEST(Ntt, TakesCoefficientsBelowFourTimesTheModulus) {
  std::mt19937_64 random(test::kSeed);
  for (const int log_n : {3, 6, 11}) {
    for (const Modulus& q : test::primes_for(log_n)) {
      const NttTables tables = NttTables::build(q, log_n);
      const Limb lazy = test::random_limb(tables.size(), 4 * q.value(), random);
      Limb canonical = lazy;
      for (std::size_t i = 0; i < lazy.size(); ++i) canonical[i] = lazy[i] % q.value();
      portable_kernels().ntt_forward(canonical.data(), tables);
      for (const KernelTable* set : available_kernels()) {
        Limb x = lazy;
        set->ntt_forward(x.data(), tables);
        EXPECT_EQ(x, canonical) << set->name << " q=" << q.value();
      }
    }
  }
}

TEST(Ntt, PermutationAppliesAutomorphism) {
  std::mt19937_64 random(test::kSeed);
  for (const int log_n : {3, 6, 10}) {
    const Modulus q = test::primes_for(log_n).front();
    const NttTables tables = NttTables::build(q, log_n);
    const std::size_t n = tables.size();
    for (const std::uint64_t g : {std::uint64_t{5}, std::uint64_t{2 * n - 1}, std::uint64_t{25 * 25}}) {
      Limb f = test::random_limb(n, q.value(), random);
      Limb image(n);
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t exponent = i * g % (2 * n);
        image[exponent % n] = exponent < n ? f[i] : arith::neg_mod(f[i], q);
      }
      for (const KernelTable* set : available_kernels()) {
        Limb evaluated = f;
        Limb permuted(n);
        Limb expected = image;
        set->ntt_forward(evaluated.data(), tables);
        set->ntt_forward(expected.data(), tables);
        set->permute(permuted.data(), evaluated.data(), automorphism_permutation(log_n, g), n);
        EXPECT_EQ(permuted, expected) << set->name << " N=2^" << log_n << " g=" << g;
      }
    }
  }
}

TEST(NttDeath, RefusesAModulusThatDoesNotFit) {
  EXPECT_DEATH(static_cast<void>(NttTables::build(Modulus(17), 4)), "1 modulo 2N");
  EXPECT_DEATH(static_cast<void>(NttTables::build(Modulus(17), 2)), "2\\^3 to 2\\^17");
}

}  // namespace
}  // namespace obscura::fhe::kernels
