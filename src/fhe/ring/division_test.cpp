#include "fhe/ring/division.hpp"

#include <cmath>

#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using test::TestRing;

/// D * r - a over the basis of `a`, D the product of the primes that were divided by: at most D / 2 in
/// magnitude exactly when r is a / D rounded.
std::vector<long double> remainder(const RingContext& ring, const EvaluationPoly& a, const EvaluationPoly& r,
                                   const std::vector<arith::Modulus>& divided) {
  const Basis basis = a.basis();
  auto difference = ring.make<Domain::kEvaluation>(basis);
  for (int i = 0; i < basis.limbs(); ++i) {
    const arith::Modulus& q = ring.modulus(basis, i);
    std::uint64_t factor = 1;
    for (const arith::Modulus& d : divided) factor = arith::mul_mod(factor, d.value() % q.value(), q);
    for (std::size_t c = 0; c < static_cast<std::size_t>(ring.degree()); ++c) {
      const std::uint64_t multiple = i < r.limbs() ? arith::mul_mod(factor, r.limb(i)[c], q) : 0;
      difference.limb(i)[c] = arith::sub_mod(multiple, a.limb(i)[c], q);
    }
  }
  return test::integers(ring, difference);
}

long double product(const std::vector<arith::Modulus>& primes) {
  long double all = 1;
  for (const arith::Modulus& prime : primes) all *= static_cast<long double>(prime.value());
  return all;
}

/// How far beyond S/2 a lift may be, as a share of S (CenteredConversion).
long double conversion_margin(const std::vector<arith::Modulus>& primes) {
  return std::ldexp(static_cast<long double>(primes.size() * primes.size()), -52);
}

/// Rings with one and with several special primes, and a real one.
std::vector<params::ParamSet> param_sets() {
  std::vector<params::ParamSet> sets;
  sets.push_back(test::insecure(5, {30, 25, 45, 50}, {50}));
  sets.push_back(test::insecure(8, {50, 40, 20, 40}, {20, 50, 30}));
  sets.push_back(test::insecure(6, {30, 30}, {20, 20, 20, 20, 21, 21, 21}));
  sets.push_back(test::real_params());
  return sets;
}

/// Edges beside random values: elements that are constant 0, 1, -1, D/2 and so on in their first
/// coefficients.
EvaluationPoly operand(const RingContext& ring, const Basis& basis, std::mt19937_64& random) {
  auto a = test::random_poly<Domain::kCoefficient>(ring, basis, random);
  for (int i = 0; i < basis.limbs(); ++i) {
    const std::uint64_t q = ring.modulus(basis, i).value();
    const std::uint64_t edges[] = {0, 1, q - 1, q / 2, q / 2 + 1};
    std::copy(std::begin(edges), std::end(edges), a.limb(i).begin());
  }
  return to_evaluation(ring, std::move(a));
}

TEST(Division, ByTheLastPrimeRounds) {
  std::mt19937_64 random(test::kSeed);
  for (params::ParamSet& params : param_sets()) {
    const TestRing holder(std::move(params));
    const RingContext& ring = holder.ring;
    for (int level = 1; level <= ring.params().max_level().value(); ++level) {
      const EvaluationPoly a = operand(ring, {level + 1, 0}, random);
      const EvaluationPoly r = divide_by_last_prime(ring, a);
      ASSERT_EQ(r.basis(), (Basis{level, 0}));
      const std::vector<arith::Modulus> divided = {ring.params().q()[static_cast<std::size_t>(level)]};
      EXPECT_LT(test::largest(remainder(ring, a, r, divided)), product(divided) / 2) << "level " << level;
    }
  }
}

TEST(Division, ModDownRounds) {
  std::mt19937_64 random(test::kSeed + 1);
  for (params::ParamSet& params : param_sets()) {
    const TestRing holder(std::move(params));
    const RingContext& ring = holder.ring;
    const std::vector<arith::Modulus> divided(ring.params().p().begin(), ring.params().p().end());
    const long double margin = divided.size() == 1 ? 0 : conversion_margin(divided);
    for (int level = 0; level <= ring.params().max_level().value(); ++level) {
      const EvaluationPoly a = operand(ring, ring.basis_qp(params::Level(level)), random);
      const EvaluationPoly r = mod_down(ring, a);
      ASSERT_EQ(r.basis(), (Basis{level + 1, 0}));
      EXPECT_LT(test::largest(remainder(ring, a, r, divided)), product(divided) * (0.5L + margin));
    }
  }
}

TEST(Division, ModDownAndRescaleRoundsOnce) {
  std::mt19937_64 random(test::kSeed + 2);
  for (params::ParamSet& params : param_sets()) {
    const TestRing holder(std::move(params));
    const RingContext& ring = holder.ring;
    for (int level = 1; level <= ring.params().max_level().value(); ++level) {
      std::vector<arith::Modulus> divided(ring.params().p().begin(), ring.params().p().end());
      divided.push_back(ring.params().q()[static_cast<std::size_t>(level)]);
      const EvaluationPoly a = operand(ring, ring.basis_qp(params::Level(level)), random);
      const EvaluationPoly r = mod_down_and_rescale(ring, a);
      ASSERT_EQ(r.basis(), (Basis{level, 0}));
      EXPECT_LT(test::largest(remainder(ring, a, r, divided)), product(divided) * (0.5L + conversion_margin(divided)));
    }
  }
}

TEST(Division, ModDownUndoesLiftTimesP) {
  std::mt19937_64 random(test::kSeed + 3);
  for (params::ParamSet& params : param_sets()) {
    const TestRing holder(std::move(params));
    const RingContext& ring = holder.ring;
    const auto a = test::random_poly<Domain::kEvaluation>(ring, ring.basis_q(ring.params().max_level()), random);
    EXPECT_TRUE(test::equal(a, mod_down(ring, lift_times_p(ring, a))));
  }
}

TEST(DivisionDeathTest, RefusesTheWrongBasis) {
  const TestRing holder(test::insecure(5, {30, 30}, {25, 25}));
  std::mt19937_64 random(test::kSeed);
  const auto with = [&](Basis basis) { return test::random_poly<Domain::kEvaluation>(holder.ring, basis, random); };
  EXPECT_DEATH(static_cast<void>(divide_by_last_prime(holder.ring, with({1, 0}))), "does not suit");
  EXPECT_DEATH(static_cast<void>(divide_by_last_prime(holder.ring, with({2, 2}))), "does not suit");
  EXPECT_DEATH(static_cast<void>(mod_down(holder.ring, with({2, 1}))), "does not suit");
  EXPECT_DEATH(static_cast<void>(mod_down_and_rescale(holder.ring, with({1, 2}))), "does not suit");
}

}  // namespace
}  // namespace obscura::fhe::ring
