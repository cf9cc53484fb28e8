#include "fhe/kernels/kernel_table.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "fhe/kernels/test_limbs.hpp"

namespace obscura::fhe::kernels {
namespace {

using arith::i128;
using arith::Modulus;
using arith::u128;
using test::Limb;

constexpr std::size_t kN = 64;
constexpr int kLogN = 5;

std::uint64_t mod(u128 x, const Modulus& q) {
  return static_cast<std::uint64_t>(x % q.value());
}

// Runs `body(set, q, random)` for every set and prime.
template <class Body>
void for_each_case(Body body) {
  for (const KernelTable* set : available_kernels()) {
    for (const Modulus& q : test::primes_for(kLogN)) {
      SCOPED_TRACE(testing::Message() << set->name << " q=" << q.value() << " seed " << test::kSeed);
      std::mt19937_64 random(test::kSeed);
      body(*set, q, random);
    }
  }
}

std::vector<Limb> random_limbs(std::size_t count, const Modulus& q, std::mt19937_64& random) {
  std::vector<Limb> limbs;
  for (std::size_t t = 0; t < count; ++t) limbs.push_back(test::random_limb(kN, q.value(), random));
  return limbs;
}

TEST(KernelTable, AddsSubtractsNegates) {
  for_each_case([](const KernelTable& set, const Modulus& q, std::mt19937_64& random) {
    const Limb a = test::random_limb(kN, q.value(), random);
    const Limb b = test::random_limb(kN, q.value(), random);
    Limb sum(kN);
    Limb difference(kN);
    Limb negative(kN);
    set.add(sum.data(), a.data(), b.data(), kN, q);
    set.sub(difference.data(), a.data(), b.data(), kN, q);
    set.negate(negative.data(), a.data(), kN, q);
    for (std::size_t i = 0; i < kN; ++i) {
      EXPECT_EQ(sum[i], mod(u128{a[i]} + b[i], q));
      EXPECT_EQ(difference[i], mod(u128{a[i]} + q.value() - b[i], q));
      EXPECT_EQ(negative[i], mod(q.value() - a[i], q));
    }
  });
}

TEST(KernelTable, Multiplies) {
  for_each_case([](const KernelTable& set, const Modulus& q, std::mt19937_64& random) {
    const Limb a = test::random_limb(kN, q.value(), random);
    const Limb b = test::random_limb(kN, q.value(), random);
    const Limb wide = test::random_limb(kN, std::uint64_t{1} << 52, random);
    const arith::ShoupFactor w = arith::make_shoup(random() % q.value(), q);
    Limb product(kN);
    Limb sum = b;
    Limb scaled(kN);
    Limb tail(kN);
    set.multiply(product.data(), a.data(), b.data(), kN, q);
    set.multiply_add(sum.data(), a.data(), b.data(), kN, q);
    set.multiply_scalar(scaled.data(), wide.data(), kN, w, q);
    set.subtract_multiply_scalar(tail.data(), a.data(), b.data(), kN, w, q);
    for (std::size_t i = 0; i < kN; ++i) {
      EXPECT_EQ(product[i], mod(u128{a[i]} * b[i], q));
      EXPECT_EQ(sum[i], mod(u128{a[i]} * b[i] + b[i], q));
      EXPECT_EQ(scaled[i], mod(u128{wide[i]} * w.w, q));
      EXPECT_EQ(tail[i], mod(u128{a[i] + q.value() - b[i]} * w.w, q));
    }
  });
}

TEST(KernelTable, OutputMayBeAnInput) {
  for_each_case([](const KernelTable& set, const Modulus& q, std::mt19937_64& random) {
    const Limb a = test::random_limb(kN, q.value(), random);
    const Limb b = test::random_limb(kN, q.value(), random);
    for (const auto kernel : {set.add, set.sub, set.multiply}) {
      Limb expected(kN);
      Limb left = a;
      Limb right = b;
      kernel(expected.data(), a.data(), b.data(), kN, q);
      kernel(left.data(), left.data(), b.data(), kN, q);
      kernel(right.data(), a.data(), right.data(), kN, q);
      EXPECT_EQ(left, expected);
      EXPECT_EQ(right, expected);
    }
    Limb d0(kN);
    Limb d1(kN);
    Limb d2(kN);
    set.tensor(d0.data(), d1.data(), d2.data(), a.data(), b.data(), b.data(), a.data(), kN, q);
    Limb x = a;
    Limb y = b;
    Limb z(kN);
    set.tensor(x.data(), y.data(), z.data(), x.data(), y.data(), y.data(), x.data(), kN, q);
    EXPECT_TRUE(x == d0 && y == d1 && z == d2);
  });
}

TEST(KernelTable, SumsProductsOfAnyLength) {
  for_each_case([](const KernelTable& set, const Modulus& q, std::mt19937_64& random) {
    for (const std::size_t terms : {1, 2, 7, 15, 16, 17, 18, 33, 100, 2050}) {
      const auto a = random_limbs(terms, q, random);
      const auto b0 = random_limbs(terms, q, random);
      const std::vector<Limb> b1(terms, test::constant_limb(kN, q.value() - 1));
      Limb single(kN);
      Limb out0 = a[0];
      Limb out1 = b0[0];
      set.inner_product(single.data(), test::pointers(a).data(), test::pointers(b0).data(), terms, kN, q);
      set.inner_product_pair(out0.data(), out1.data(), test::pointers(a).data(), test::pointers(b0).data(),
                             test::pointers(b1).data(), terms, kN, q, true);
      for (std::size_t i = 0; i < kN; ++i) {
        u128 sum0 = 0;
        u128 sum1 = 0;
        for (std::size_t t = 0; t < terms; ++t) sum0 += u128{a[t][i]} * b0[t][i];
        for (std::size_t t = 0; t < terms; ++t) sum1 += u128{a[t][i]} * b1[t][i];
        ASSERT_EQ(single[i], mod(sum0, q)) << terms;
        ASSERT_EQ(out0[i], mod(sum0 + a[0][i], q)) << terms;
        ASSERT_EQ(out1[i], mod(sum1 + b0[0][i], q)) << terms;
      }
      set.inner_product_pair(out0.data(), out1.data(), test::pointers(a).data(), test::pointers(b0).data(),
                             test::pointers(b1).data(), terms, kN, q, false);
      EXPECT_EQ(out0, single);
    }
  });
}

TEST(KernelTable, TensorsCiphertexts) {
  for_each_case([](const KernelTable& set, const Modulus& q, std::mt19937_64& random) {
    const Limb a0 = test::random_limb(kN, q.value(), random);
    const Limb a1 = test::random_limb(kN, q.value(), random);
    const Limb b0 = test::random_limb(kN, q.value(), random);
    const Limb b1 = test::random_limb(kN, q.value(), random);
    Limb d0(kN);
    Limb d1(kN);
    Limb d2(kN);
    set.tensor(d0.data(), d1.data(), d2.data(), a0.data(), a1.data(), b0.data(), b1.data(), kN, q);
    Limb s0(kN);
    Limb s1(kN);
    Limb s2(kN);
    set.square(s0.data(), s1.data(), s2.data(), a0.data(), a1.data(), kN, q);
    for (std::size_t i = 0; i < kN; ++i) {
      EXPECT_EQ(d0[i], mod(u128{a0[i]} * b0[i], q));
      EXPECT_EQ(d1[i], mod(u128{a0[i]} * b1[i] + u128{a1[i]} * b0[i], q));
      EXPECT_EQ(d2[i], mod(u128{a1[i]} * b1[i], q));
      EXPECT_EQ(s0[i], mod(u128{a0[i]} * a0[i], q));
      EXPECT_EQ(s1[i], mod(u128{2} * a0[i] * a1[i], q));
      EXPECT_EQ(s2[i], mod(u128{a1[i]} * a1[i], q));
    }
  });
}

TEST(KernelTable, SumsTensors) {
  for_each_case([](const KernelTable& set, const Modulus& q, std::mt19937_64& random) {
    for (const std::size_t terms : {1, 7, 8, 9, 16, 17, 40}) {
      const auto a0 = random_limbs(terms, q, random);
      const std::vector<Limb> a1(terms, test::constant_limb(kN, q.value() - 1));
      const auto b0 = random_limbs(terms, q, random);
      const std::vector<Limb> b1(terms, test::constant_limb(kN, q.value() - 1));
      Limb d0(kN);
      Limb d1(kN);
      Limb d2(kN);
      set.tensor_sum(d0.data(), d1.data(), d2.data(), test::pointers(a0).data(), test::pointers(a1).data(),
                     test::pointers(b0).data(), test::pointers(b1).data(), terms, kN, q);
      for (std::size_t i = 0; i < kN; ++i) {
        u128 sum0 = 0;
        u128 sum1 = 0;
        u128 sum2 = 0;
        for (std::size_t t = 0; t < terms; ++t) {
          sum0 += u128{a0[t][i]} * b0[t][i];
          sum1 += u128{a0[t][i]} * b1[t][i] + u128{a1[t][i]} * b0[t][i];
          sum2 += u128{a1[t][i]} * b1[t][i];
        }
        ASSERT_EQ(d0[i], mod(sum0, q)) << terms;
        ASSERT_EQ(d1[i], mod(sum1, q)) << terms;
        ASSERT_EQ(d2[i], mod(sum2, q)) << terms;
      }
    }
  });
}

TEST(KernelTable, ReducesCentred) {
  for_each_case([](const KernelTable& set, const Modulus& to, std::mt19937_64& random) {
    for (const Modulus& from : test::primes_for(kLogN)) {
      const Limb a = test::random_limb(kN, from.value(), random);
      Limb out(kN);
      set.reduce_centered(out.data(), a.data(), kN, from, to);
      for (std::size_t i = 0; i < kN; ++i) {
        const auto p = static_cast<i128>(from.value());
        const auto q = static_cast<i128>(to.value());
        const i128 x = 2 * static_cast<i128>(a[i]) > p ? static_cast<i128>(a[i]) - p : static_cast<i128>(a[i]);
        EXPECT_EQ(out[i], static_cast<std::uint64_t>((x % q + q) % q)) << from.value();
      }
    }
  });
}

TEST(KernelTable, ConvertsBases) {
  for_each_case([](const KernelTable& set, const Modulus& to, std::mt19937_64& random) {
    for (const std::size_t inputs : {1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 40}) {
      std::vector<Limb> in;
      std::vector<std::uint64_t> factors;
      for (std::size_t k = 0; k < inputs; ++k) {
        in.push_back(test::random_limb(kN, std::uint64_t{1} << 50, random));
        factors.push_back(k % 2 == 0 ? to.value() - 1 : random() % to.value());
      }
      // Blocks of targets with the same prime and rotated factors, and a rest.
      const std::size_t outputs = 1 + inputs % 8;
      std::vector<Limb> out(outputs, Limb(kN));
      std::vector<std::vector<std::uint64_t>> rows(outputs, factors);
      std::vector<ConversionTarget> targets;
      for (std::size_t o = 0; o < outputs; ++o) {
        std::rotate(rows[o].begin(), rows[o].begin() + static_cast<std::ptrdiff_t>(o % inputs), rows[o].end());
        targets.push_back({out[o].data(), rows[o].data(), &to});
      }
      set.base_convert(targets.data(), outputs, test::pointers(in).data(), inputs, kN);
      for (std::size_t i = 0; i < kN; ++i) {
        for (std::size_t o = 0; o < outputs; ++o) {
          u128 sum = 0;
          for (std::size_t k = 0; k < inputs; ++k) sum += u128{in[k][i]} * rows[o][k];
          ASSERT_EQ(out[o][i], mod(sum, to)) << inputs;
        }
      }
    }
  });
}

TEST(KernelTable, LiftsBelowFourTimesTheModulus) {
  for_each_case([](const KernelTable& set, const Modulus& to, std::mt19937_64& random) {
    for (std::size_t inputs = 2; inputs <= kMultiples; ++inputs) {
      std::vector<Limb> in(inputs - 1, test::constant_limb(kN, (std::uint64_t{1} << 50) - 1));
      in.back() = test::random_limb(kN, std::uint64_t{1} << 50, random);
      in.push_back(test::random_limb(kN, inputs, random));
      const std::size_t outputs = 1 + inputs % 8;
      std::vector<Limb> out(outputs, Limb(kN));
      std::vector<std::vector<std::uint64_t>> factors(outputs);
      std::vector<std::vector<std::uint64_t>> quotients(outputs);
      std::vector<std::vector<std::uint64_t>> multiples(outputs);
      std::vector<LiftTarget> targets;
      for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t k = 0; k < inputs; ++k) {
          factors[o].push_back(k % 2 == o % 2 ? to.value() - 1 : random() % to.value());
          quotients[o].push_back(arith::make_shoup(factors[o][k], to).w_quotient);
        }
        for (std::uint64_t v = 0; v < kMultiples; ++v) {
          multiples[o].push_back(mod(u128{v} * factors[o].back(), to));
        }
        targets.push_back({{out[o].data(), factors[o].data(), &to}, quotients[o].data(), multiples[o].data()});
      }
      set.lift(targets.data(), outputs, test::pointers(in).data(), inputs, kN);
      for (std::size_t i = 0; i < kN; ++i) {
        for (std::size_t o = 0; o < outputs; ++o) {
          u128 sum = 0;
          for (std::size_t k = 0; k < inputs; ++k) sum += u128{in[k][i]} * factors[o][k];
          ASSERT_EQ(out[o][i] % to.value(), mod(sum, to)) << set.name << " inputs " << inputs;
          ASSERT_LT(out[o][i], 4 * to.value()) << set.name << " inputs " << inputs;
        }
      }
    }
  });
}

TEST(KernelTable, TakesSignedIntegers) {
  for_each_case([](const KernelTable& set, const Modulus& modulus, std::mt19937_64& random) {
    const auto q = static_cast<i128>(modulus.value());
    std::vector<std::int64_t> in = {
        0, 1, -1, INT64_MAX, INT64_MIN, INT64_MIN + 1, static_cast<std::int64_t>(q), static_cast<std::int64_t>(-q)};
    std::vector<std::int8_t> small = {0, 1, -1, 127, -128, 21, -21, 2};
    while (in.size() < kN) in.push_back(static_cast<std::int64_t>(random()) >> (random() % 64));
    while (small.size() < kN) small.push_back(static_cast<std::int8_t>(random() % 256));
    Limb out(kN);
    Limb out_small(kN);
    set.from_signed(out.data(), in.data(), kN, modulus);
    set.from_small(out_small.data(), small.data(), kN, modulus);
    for (std::size_t i = 0; i < kN; ++i) {
      EXPECT_EQ(out[i], static_cast<std::uint64_t>((in[i] % q + q) % q)) << in[i];
      EXPECT_EQ(out_small[i], static_cast<std::uint64_t>((small[i] % q + q) % q));
    }
  });
}

TEST(KernelTable, IsChosenByName) {
  EXPECT_EQ(choose_kernels("portable").value(), &portable_kernels());
  EXPECT_EQ(choose_kernels("").value(), available_kernels().front());
  EXPECT_EQ(available_kernels().back(), &portable_kernels());
  for (const auto& [name, set] : {std::pair("avx512ifma", avx512ifma_kernels()), std::pair("avx2", avx2_kernels())}) {
    if (set != nullptr) {
      EXPECT_EQ(choose_kernels(name).value(), set);
      EXPECT_STREQ(set->name, name);
    } else {
      EXPECT_EQ(choose_kernels(name).error().code, base::ErrorCode::kUnsupported);
    }
  }
  EXPECT_EQ(choose_kernels("sse2").error().code, base::ErrorCode::kUsage);
}

}  // namespace
}  // namespace obscura::fhe::kernels
