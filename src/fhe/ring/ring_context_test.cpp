#include "fhe/ring/ring_context.hpp"

#include <thread>

#include "fhe/kernels/evaluation_order.hpp"
#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using test::TestRing;

TEST(RingContext, LimbsFollowTheChainThenTheSpecialPrimes) {
  const TestRing holder(test::insecure(5, {30, 31, 32}, {40, 41}));
  const RingContext& ring = holder.ring;
  const int bits[] = {30, 31, 40};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ring.modulus({2, 1}, i).bits(), bits[i]);
    EXPECT_EQ(ring.ntt({2, 1}, i).q, ring.modulus({2, 1}, i));
    const std::uint64_t unit = ring.imaginary_unit({2, 1}, i).w;
    const std::uint64_t q = ring.modulus({2, 1}, i).value();
    EXPECT_EQ(arith::mul_mod(unit, unit, ring.modulus({2, 1}, i)), q - 1);
  }
  EXPECT_EQ(ring.prime_place({1, 2}, 2), 4);
  EXPECT_EQ(ring.basis_q(params::Level(1)), (Basis{2, 0}));
  EXPECT_EQ(ring.basis_qp(params::Level(0)), (Basis{1, 2}));
  EXPECT_TRUE(ring.contains({3, 2}));
  EXPECT_FALSE(ring.contains({4, 0}));
  EXPECT_FALSE(ring.contains({3, 3}));
  EXPECT_FALSE(ring.contains({0, 1}));
}

TEST(RingContext, ConstantsAreInverses) {
  const TestRing holder(test::insecure(5, {30, 31, 32}, {40, 41}));
  const params::ParamSet& params = holder.ring.params();
  const RingConstants& constants = holder.ring.constants();
  for (int i = 0; i < 3; ++i) {
    const arith::Modulus& q = params.q()[static_cast<std::size_t>(i)];
    const std::uint64_t p = arith::mul_mod(params.p()[0].value() % q.value(), params.p()[1].value() % q.value(), q);
    EXPECT_EQ(constants.p_mod(i).w, p);
    EXPECT_EQ(arith::mul_mod(constants.inverse_of_p(i).w, p, q), 1U);
    for (int last = i + 1; last < 3; ++last) {
      const std::uint64_t prime = params.q()[static_cast<std::size_t>(last)].value() % q.value();
      EXPECT_EQ(arith::mul_mod(constants.inverse_of_prime(last, i).w, prime, q), 1U);
      EXPECT_EQ(arith::mul_mod(constants.inverse_of_p_and_prime(last, i).w, arith::mul_mod(p, prime, q), q), 1U);
    }
  }
}

TEST(RingContext, AutomorphismTablesAreSharedBetweenThreads) {
  const TestRing holder(test::insecure(6, {30}, {40}));
  const kernels::Permutation* seen[4] = {};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t g = 1; g < 128; g += 2) {
        const kernels::Permutation& permutation = holder.ring.automorphism(GaloisElement(g));
        if (g == 77) seen[t] = &permutation;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const kernels::Permutation* permutation : seen) EXPECT_EQ(permutation, seen[0]);
  const auto expected = kernels::automorphism_permutation(6, 77);
  EXPECT_EQ(seen[0]->from, expected.from);
  EXPECT_EQ(&holder.ring.automorphism(GaloisElement(77 + 128)), seen[0]);
}

}  // namespace
}  // namespace obscura::fhe::ring
