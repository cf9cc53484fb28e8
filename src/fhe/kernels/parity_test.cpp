#include <gtest/gtest.h>

#include "fhe/kernels/evaluation_order.hpp"
#include "fhe/kernels/test_limbs.hpp"

// Every vector kernel gives the very bits of the portable one, for every size, on random and edge
// inputs and on the largest values each contract allows.
namespace obscura::fhe::kernels {
namespace {

using arith::Modulus;
using test::Limb;

constexpr std::size_t kTerms = 18;  // more than the 16 products of 50-bit primes that fit one sum

class Parity : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (available_kernels().size() == 1) GTEST_SKIP() << "this processor has no vector kernels";
  }

  // Runs `body(set, outputs)` with each set on equal outputs and compares them with those of the portable one.
  template <class Body>
  void expect_equal(const Modulus& q, int outputs, const char* what, Body body) {
    std::vector<Limb> expected(static_cast<std::size_t>(outputs), test::constant_limb(n_, q.value() - 1));
    const std::vector<Limb> initial = expected;
    body(portable_kernels(), expected);
    for (const KernelTable* set : available_kernels()) {
      if (set == &portable_kernels()) continue;
      std::vector<Limb> actual = initial;
      body(*set, actual);
      EXPECT_EQ(actual, expected) << set->name << " " << what << " q=" << q.value() << " seed " << test::kSeed;
    }
  }

  // kTerms limbs: the first all at the upper edge, the others mixed.
  std::vector<Limb> limbs(std::uint64_t bound) {
    std::vector<Limb> result(1, test::constant_limb(n_, bound - 1));
    while (result.size() < kTerms) {
      result.push_back(result.size() % 3 == 0 ? test::constant_limb(n_, bound - 1)
                                              : test::random_limb(n_, bound, random_));
    }
    return result;
  }

  int log_n_ = GetParam();
  std::size_t n_ = std::size_t{1} << log_n_;
  std::mt19937_64 random_{test::kSeed};
};

TEST_P(Parity, Ntt) {
  for (const Modulus& q : test::primes_for(log_n_)) {
    const NttTables tables = NttTables::build(q, log_n_);
    for (const std::uint64_t bound : {q.value(), 4 * q.value()}) {
      for (const Limb& input : {test::random_limb(n_, bound, random_), test::constant_limb(n_, bound - 1)}) {
        expect_equal(q, 1, "ntt_forward", [&](const KernelTable& set, std::vector<Limb>& out) {
          out[0] = input;
          set.ntt_forward(out[0].data(), tables);
        });
        if (bound != q.value()) continue;
        const arith::ShoupFactor w = arith::make_shoup(random_() % q.value(), q);
        expect_equal(q, 3, "ntt_inverse", [&](const KernelTable& set, std::vector<Limb>& out) {
          out[0] = input;
          set.ntt_inverse(out[0].data(), tables);
          set.ntt_inverse_scaled(out[1].data(), input.data(), tables, w);
          out[2] = input;
          set.ntt_inverse_scaled(out[2].data(), out[2].data(), tables, w);
        });
      }
    }
  }
}

TEST_P(Parity, Elementwise) {
  for (const Modulus& q : test::primes_for(log_n_)) {
    const std::vector<Limb> in = limbs(q.value());
    const arith::ShoupFactor w = arith::make_shoup(random_() % q.value(), q);
    const Limb wide = test::random_limb(n_, std::uint64_t{1} << 52, random_);
    expect_equal(q, 8, "element-wise", [&](const KernelTable& set, std::vector<Limb>& out) {
      const std::uint64_t* a = in[1].data();
      const std::uint64_t* b = in[2].data();
      set.add(out[0].data(), a, b, n_, q);
      set.sub(out[1].data(), a, b, n_, q);
      set.negate(out[2].data(), a, n_, q);
      set.multiply(out[3].data(), a, b, n_, q);
      set.multiply_add(out[4].data(), a, b, n_, q);
      set.multiply_scalar(out[5].data(), wide.data(), n_, w, q);
      set.subtract_multiply_scalar(out[6].data(), a, b, n_, w, q);
      set.permute(out[7].data(), a, automorphism_permutation(log_n_, 5), n_);
    });
  }
}

TEST_P(Parity, Sums) {
  for (const Modulus& q : test::primes_for(log_n_)) {
    if (q.bits() != 20 && q.bits() != 50) continue;
    const std::vector<Limb> a = limbs(q.value());
    const std::vector<Limb> b = limbs(q.value());
    const auto pa = test::pointers(a);
    const auto pb = test::pointers(b);
    expect_equal(q, 12, "sums", [&](const KernelTable& set, std::vector<Limb>& out) {
      set.inner_product(out[0].data(), pa.data(), pb.data(), kTerms, n_, q);
      set.inner_product_pair(out[1].data(), out[2].data(), pa.data(), pb.data(), pa.data(), kTerms, n_, q, true);
      set.tensor(out[3].data(), out[4].data(), out[5].data(), pa[0], pa[1], pb[0], pb[1], n_, q);
      set.tensor_sum(out[6].data(), out[7].data(), out[8].data(), pa.data(), pb.data(), pb.data(), pa.data(), kTerms,
                     n_, q);
      set.square(out[9].data(), out[10].data(), out[11].data(), pa[0], pb[1], n_, q);
    });
  }
}

TEST_P(Parity, Conversions) {
  const std::vector<Limb> in = limbs(std::uint64_t{1} << 50);
  const auto pointers = test::pointers(in);
  std::vector<std::int64_t> integers(n_);
  std::vector<std::int8_t> samples(n_);
  for (std::int64_t& v : integers) v = static_cast<std::int64_t>(random_()) >> (random_() % 64);
  for (std::int8_t& v : samples) v = static_cast<std::int8_t>(random_() % 43 - 21);
  integers[0] = INT64_MIN;
  const auto primes = test::primes_for(log_n_);
  std::vector<double> reciprocals(kTerms);
  for (double& r : reciprocals) r = 1.0 / static_cast<double>(random_() >> 14);
  expect_equal(primes.front(), 1, "round_quotients", [&](const KernelTable& set, std::vector<Limb>& out) {
    set.round_quotients(out[0].data(), pointers.data(), reciprocals.data(), kTerms, n_);
  });
  for (const Modulus& to : primes) {
    std::vector<std::uint64_t> factors(kTerms, to.value() - 1);
    for (std::size_t i = 0; i < kTerms; i += 2) factors[i] = random_() % to.value();
    const std::vector<std::uint64_t> ones(kTerms, 1);
    expect_equal(to, 7, "conversions", [&](const KernelTable& set, std::vector<Limb>& out) {
      std::vector<ConversionTarget> targets;
      for (std::size_t o = 0; o < 5; ++o) {
        const bool is_odd = o % 2 != 0;
        targets.push_back({out[o].data(), is_odd ? ones.data() : factors.data(), is_odd ? &primes.back() : &to});
      }
      set.base_convert(targets.data(), targets.size(), pointers.data(), kTerms, n_);
      set.from_signed(out[5].data(), integers.data(), n_, to);
      set.from_small(out[6].data(), samples.data(), n_, to);
    });
    for (const Modulus& from : {primes.front(), primes.back()}) {
      const Limb a = test::random_limb(n_, from.value(), random_);
      expect_equal(to, 1, "reduce_centered", [&](const KernelTable& set, std::vector<Limb>& out) {
        set.reduce_centered(out[0].data(), a.data(), n_, from, to);
      });
    }
  }
}

std::string size_name(const testing::TestParamInfo<int>& size) {
  return "LogN" + std::to_string(size.param);
}

INSTANTIATE_TEST_SUITE_P(EverySize, Parity, testing::Range(3, 15), size_name);
INSTANTIATE_TEST_SUITE_P(LargeSizesSlow, Parity, testing::Range(15, 18), size_name);

}  // namespace
}  // namespace obscura::fhe::kernels
