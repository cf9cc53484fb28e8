#include "fhe/ring/mask_key.hpp"

#include <algorithm>

#include "fhe/ring/arithmetic.hpp"
#include "fhe/ring/division.hpp"
#include "fhe/ring/for_each_limb.hpp"
#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using test::TestRing;

Mask fresh_mask(const RingContext& ring, std::uint64_t index) {
  random::Stream stream(random::Seed256(), random::Domain::kTest, index);
  return draw_mask(ring.degree(), stream);
}

/// Rings with one and with several special primes, and one large enough for blocks of limbs.
std::vector<params::ParamSet> param_sets() {
  std::vector<params::ParamSet> sets;
  sets.push_back(test::insecure(5, {30, 25, 45, 50}, {50}));
  sets.push_back(test::insecure(8, {50, 40, 20, 40}, {20, 50, 30}));
  sets.push_back(test::insecure(14, {44, 38, 38, 38, 38, 38}, {45, 45}));
  return sets;
}

/// Two halves of a key over the largest basis.
PolyPair random_key(const RingContext& ring, std::mt19937_64& random) {
  const Basis basis = ring.basis_qp(ring.params().max_level());
  return {test::random_poly<Domain::kEvaluation>(ring, basis, random),
          test::random_poly<Domain::kEvaluation>(ring, basis, random)};
}

/// half * factor + error over `basis`, step by step.
EvaluationPoly masked_half(const RingContext& ring, const EvaluationPoly& half, const SecretCoefficients& factor,
                           const SecretCoefficients& error, const Basis& basis) {
  return add(ring, multiply(ring, restrict_to(ring, half, basis), from_signed(ring, factor, basis)),
             from_signed(ring, error, basis));
}

/// body(ring) for every parameter set, kernel set and for one and two threads.
template <class Body>
void for_each_ring(const Body& body) {
  for (const kernels::KernelTable* set : kernels::available_kernels()) {
    for (const int threads : {1, 2}) {
      for (params::ParamSet& params : param_sets()) {
        const TestRing holder(std::move(params), *set, threads);
        body(holder.ring);
      }
    }
  }
}

TEST(MaskKey, DrawsInOrder) {
  const TestRing holder(test::insecure(5, {30}, {40}));
  random::Stream stream(random::Seed256(), random::Domain::kTest, 3);
  const Mask mask = fresh_mask(holder.ring, 3);
  for (const auto& [drawn, expected] : {std::pair(&mask.factor, ternary_coefficients(32, stream).reveal_secret()[0]),
                                        std::pair(&mask.error0, error_coefficients(32, stream).reveal_secret()[0]),
                                        std::pair(&mask.error1, error_coefficients(32, stream).reveal_secret()[0])}) {
    EXPECT_EQ(drawn->reveal_secret()[0], expected);
  }
}

TEST(MaskKey, IsTheSumOfItsSteps) {
  std::mt19937_64 random(test::kSeed);
  for_each_ring([&](const RingContext& ring) {
    const PolyPair key = random_key(ring, random);
    for (int level = 0; level <= ring.params().max_level().value(); level += 2) {
      const Basis basis = ring.basis_qp(params::Level(level));
      const Mask mask = fresh_mask(ring, static_cast<std::uint64_t>(level));
      const auto addend = test::random_poly<Domain::kEvaluation>(ring, basis, random);
      const PolyPair masked = mask_key(ring, key.c0, key.c1, mask, addend);
      const EvaluationPoly sum0 = masked_half(ring, key.c0, mask.factor, mask.error0, basis);
      EXPECT_TRUE(test::equal(masked.c0, add(ring, sum0, addend))) << ring.kernels().name << " level " << level;
      EXPECT_TRUE(test::equal(masked.c1, masked_half(ring, key.c1, mask.factor, mask.error1, basis)));
    }
  });
}

TEST(MaskKey, QuotientsAreThoseOfModDown) {
  std::mt19937_64 random(test::kSeed + 1);
  for_each_ring([&](const RingContext& ring) {
    const PolyPair key = random_key(ring, random);
    for (int level = 0; level <= ring.params().max_level().value(); ++level) {
      const Basis basis = ring.basis_qp(params::Level(level));
      const Mask mask = fresh_mask(ring, static_cast<std::uint64_t>(level));
      const auto addend = test::random_poly<Domain::kEvaluation>(ring, ring.basis_q(params::Level(level)), random);
      const PolyPair masked = mask_key_and_divide(ring, key.c0, key.c1, mask, addend);
      const EvaluationPoly sum0 = masked_half(ring, key.c0, mask.factor, mask.error0, basis);
      const EvaluationPoly sum1 = masked_half(ring, key.c1, mask.factor, mask.error1, basis);
      EXPECT_TRUE(test::equal(masked.c0, add(ring, mod_down(ring, sum0), addend)))
          << ring.kernels().name << " level " << level;
      EXPECT_TRUE(test::equal(masked.c1, mod_down(ring, sum1))) << ring.kernels().name << " level " << level;
    }
  });
}

// The pool hands a returned block out again, so what a division left behind can be seen.
TEST(MaskKey, LeavesNothingInThePool) {
  const TestRing holder(test::insecure(8, {30, 30}, {25, 25}));
  const RingContext& ring = holder.ring;
  std::mt19937_64 random(test::kSeed + 2);
  const PolyPair key = random_key(ring, random);
  const auto addend = test::random_poly<Domain::kEvaluation>(ring, {2, 0}, random);
  const Mask mask = fresh_mask(ring, 0);
  // Rows of the special primes with the quotients, and those of one limb.
  for (const std::size_t rows : {6, 3}) {
    base::Buffer block = ring.pool().acquire(rows * row_stride(ring));
    const std::uint64_t* place = block.data();
    std::ranges::fill(block.words(), 1);
    block = {};
    static_cast<void>(mask_key_and_divide(ring, key.c0, key.c1, mask, addend));
    block = ring.pool().acquire(rows * row_stride(ring));
    ASSERT_EQ(block.data(), place) << "the pool gave another block: the test sees nothing";
    EXPECT_TRUE(std::ranges::all_of(block.words(), [](std::uint64_t word) { return word == 0; })) << rows << " rows";
  }
}

TEST(MaskKeyDeathTest, RefusesTheWrongBasis) {
  const TestRing holder(test::insecure(5, {30, 30}, {25, 25}));
  const RingContext& ring = holder.ring;
  std::mt19937_64 random(test::kSeed);
  const auto with = [&](Basis basis) { return test::random_poly<Domain::kEvaluation>(ring, basis, random); };
  const Mask mask = fresh_mask(ring, 0);
  EXPECT_DEATH(static_cast<void>(mask_key(ring, with({2, 2}), with({2, 2}), mask, with({2, 0}))), "modulo Q_l P");
  EXPECT_DEATH(static_cast<void>(mask_key_and_divide(ring, with({2, 2}), with({2, 2}), mask, with({2, 2}))), "Q_l");
  EXPECT_DEATH(static_cast<void>(mask_key(ring, with({1, 2}), with({1, 2}), mask, with({2, 2}))), "lower level");
}

}  // namespace
}  // namespace obscura::fhe::ring
