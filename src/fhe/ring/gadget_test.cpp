#include "fhe/ring/gadget.hpp"

#include <cmath>

#include "fhe/params/noise.hpp"
#include "fhe/ring/division.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using params::Level;
using test::TestRing;

/// One-prime digits; digits of several primes that levels cut short; a real ring.
std::vector<params::ParamSet> param_sets() {
  std::vector<params::ParamSet> sets;
  sets.push_back(test::insecure(5, {30, 25, 45, 50}, {50}));
  sets.push_back(test::insecure(7, {50, 30, 30, 30, 40, 40, 30}, {50, 50}));
  sets.push_back(test::insecure(8, {40, 40, 40, 40, 40, 40, 40}, {40, 40, 40}));
  sets.push_back(test::real_params());
  return sets;
}

/// A switching key of `factor` under `secret`, as fhe/ckks/keys.hpp defines it.
struct Key {
  std::vector<EvaluationPoly> b;
  std::vector<EvaluationPoly> a;
};

Key make_key(const RingContext& ring, const EvaluationPoly& secret, const EvaluationPoly& factor,
             std::mt19937_64& random, random::Stream& errors) {
  Key key;
  const Basis basis = secret.basis();
  for (int digit = 0; digit < ring.params().digit_count(Level(basis.q_count - 1)); ++digit) {
    key.a.push_back(test::random_poly<Domain::kEvaluation>(ring, basis, random));
    const EvaluationPoly error = from_signed(ring, error_coefficients(ring.degree(), errors), basis);
    key.b.push_back(sub(ring, error, multiply(ring, key.a.back(), secret)));
    add_gadget_multiple(ring, key.b.back(), factor, digit);
  }
  return key;
}

TEST(Gadget, DigitsAreSmallIntegersCongruentToTheOperand) {
  std::mt19937_64 random(test::kSeed);
  for (params::ParamSet& params : param_sets()) {
    const TestRing holder(std::move(params));
    const RingContext& ring = holder.ring;
    for (int level = 0; level <= ring.params().max_level().value(); ++level) {
      const auto a = test::random_poly<Domain::kEvaluation>(ring, {level + 1, 0}, random);
      const Digits digits = decompose(ring, a);
      ASSERT_EQ(static_cast<int>(digits.digits.size()), ring.params().digit_count(Level(level)));
      for (std::size_t d = 0; d < digits.digits.size(); ++d) {
        const EvaluationPoly& digit = digits.digits[d];
        ASSERT_EQ(digit.basis(), ring.basis_qp(Level(level)));
        const params::DigitRange range = ring.params().digits()[d];
        long double product = 1;
        for (int i = range.first; i < range.first + range.count && i <= level; ++i) {
          product *= static_cast<long double>(ring.params().q()[static_cast<std::size_t>(i)].value());
          ASSERT_TRUE(std::equal(digit.limb(i).begin(), digit.limb(i).end(), a.limb(i).begin()));
        }
        const long double margin =
            range.count == 1 ? 0 : std::ldexp(static_cast<long double>(range.count * range.count), -52);
        EXPECT_LT(test::largest(test::integers(ring, digit)), product * (0.5L + margin))
            << "level " << level << " digit " << d;
      }
    }
  }
}

TEST(Gadget, DigitsTimesGadgetFactorsGiveTheOperandTimesP) {
  std::mt19937_64 random(test::kSeed + 1);
  for (params::ParamSet& params : param_sets()) {
    const TestRing holder(std::move(params));
    const RingContext& ring = holder.ring;
    const Level level = ring.params().max_level();
    const auto a = test::random_poly<Domain::kEvaluation>(ring, ring.basis_q(level), random);
    const Digits digits = decompose(ring, a);
    EvaluationPoly sum = ring.make<Domain::kEvaluation>(ring.basis_qp(level));
    std::fill(sum.words().begin(), sum.words().end(), 0);
    for (int d = 0; d < static_cast<int>(digits.digits.size()); ++d) {
      add_gadget_multiple(ring, sum, digits.digits[static_cast<std::size_t>(d)], d);
    }
    EXPECT_TRUE(test::equal(sum, lift_times_p(ring, a)));
  }
}

TEST(Gadget, InnerProductSumsProductsOfMatchingLimbs) {
  const TestRing holder(test::insecure(5, {30, 25, 45, 50}, {50, 20}));
  const RingContext& ring = holder.ring;
  std::mt19937_64 random(test::kSeed + 2);
  const Basis key_basis = ring.basis_qp(ring.params().max_level());
  std::vector<EvaluationPoly> b;
  std::vector<EvaluationPoly> a;
  for (std::size_t d = 0; d < ring.params().digits().size(); ++d) {
    b.push_back(test::random_poly<Domain::kEvaluation>(ring, key_basis, random));
    a.push_back(test::random_poly<Domain::kEvaluation>(ring, key_basis, random));
  }
  for (int level = 0; level < 4; ++level) {
    const Digits digits =
        decompose(ring, test::random_poly<Domain::kEvaluation>(ring, ring.basis_q(Level(level)), random));
    const Basis basis = ring.basis_qp(Level(level));
    EvaluationPoly expected0 = test::random_poly<Domain::kEvaluation>(ring, basis, random);
    EvaluationPoly expected1 = test::random_poly<Domain::kEvaluation>(ring, basis, random);
    EvaluationPoly sum0 = clone(ring, expected0);
    EvaluationPoly sum1 = clone(ring, expected1);
    EvaluationPoly alone0;
    EvaluationPoly alone1;
    inner_product(ring, digits, {b, a}, sum0, sum1, true);
    inner_product(ring, digits, {b, a}, alone0, alone1, false);
    EXPECT_TRUE(test::equal(sum0, add(ring, expected0, alone0)));
    for (std::size_t d = 0; d < digits.digits.size(); ++d) {
      const EvaluationPoly& digit = digits.digits[d];
      add_in_place(ring, expected0, multiply(ring, digit, restrict_to(ring, b[d], basis)));
      add_in_place(ring, expected1, multiply(ring, digit, restrict_to(ring, a[d], basis)));
    }
    EXPECT_TRUE(test::equal(sum0, expected0)) << "level " << level;
    EXPECT_TRUE(test::equal(sum1, expected1)) << "level " << level;
  }
}

TEST(Gadget, DecomposeAndMultiplyIsBothSteps) {
  std::mt19937_64 random(test::kSeed + 4);
  for (params::ParamSet& params : param_sets()) {
    const TestRing holder(std::move(params), *kernels::available_kernels().front(), 2);
    const RingContext& ring = holder.ring;
    const Basis key_basis = ring.basis_qp(ring.params().max_level());
    std::vector<EvaluationPoly> b;
    std::vector<EvaluationPoly> a;
    for (std::size_t d = 0; d < ring.params().digits().size(); ++d) {
      b.push_back(test::random_poly<Domain::kEvaluation>(ring, key_basis, random));
      a.push_back(test::random_poly<Domain::kEvaluation>(ring, key_basis, random));
    }
    for (int level = 0; level <= ring.params().max_level().value(); ++level) {
      const auto c = test::random_poly<Domain::kEvaluation>(ring, {level + 1, 0}, random);
      EvaluationPoly expected0;
      EvaluationPoly expected1;
      EvaluationPoly out0;
      EvaluationPoly out1;
      for (const bool accumulate : {false, true}) {
        inner_product(ring, decompose(ring, c), {b, a}, expected0, expected1, accumulate);
        decompose_and_multiply(ring, c, {b, a}, out0, out1, accumulate);
        EXPECT_TRUE(test::equal(out0, expected0)) << "level " << level;
        EXPECT_TRUE(test::equal(out1, expected1)) << "level " << level;
      }
    }
  }
}

/// log2 of measured over predicted standard deviation of a key switch at a level, from a key of the
/// highest level.
double key_switch_error(const RingContext& ring, Level level, int trials, std::mt19937_64& random,
                        random::Stream& stream) {
  const params::NoiseModel model(ring.params());
  const Basis top = ring.basis_qp(ring.params().max_level());
  double squares = 0;
  for (int t = 0; t < trials; ++t) {
    const EvaluationPoly secret = from_signed(ring, ternary_coefficients(ring.degree(), stream), top);
    const EvaluationPoly factor = from_signed(ring, ternary_coefficients(ring.degree(), stream), top);
    const Key key = make_key(ring, secret, factor, random, stream);
    const auto c = test::random_poly<Domain::kEvaluation>(ring, ring.basis_q(level), random);
    EvaluationPoly u0;
    EvaluationPoly u1;
    inner_product(ring, decompose(ring, c), {key.b, key.a}, u0, u1, false);
    const auto at_level = [&](const EvaluationPoly& poly) { return restrict_to(ring, poly, c.basis()); };
    EvaluationPoly phase = add(ring, mod_down(ring, u0), multiply(ring, mod_down(ring, u1), at_level(secret)));
    phase = sub(ring, phase, multiply(ring, c, at_level(factor)));
    for (const long double e : test::integers(ring, phase)) squares += static_cast<double>(e * e);
  }
  const double measured = std::sqrt(squares / (static_cast<double>(trials) * ring.degree()));
  return std::log2(measured / std::hypot(model.key_switch(level), model.division_rounding()));
}

TEST(Gadget, KeySwitchErrorFollowsTheNoiseModel) {
  std::mt19937_64 random(test::kSeed + 3);
  random::Stream stream(random::Seed256{}, random::Domain::kTest, 3);
  for (const bool wide_digits : {false, true}) {
    const TestRing holder(wide_digits ? test::insecure(8, {40, 40, 40, 40, 40, 40, 40}, {40, 40, 40})
                                      : test::insecure(8, {40, 40, 40}, {40}));
    for (int level = 0; level <= holder.ring.params().max_level().value(); level += 2) {
      EXPECT_NEAR(key_switch_error(holder.ring, Level(level), 30, random, stream), 0, 0.1)
          << "wide digits " << wide_digits << " level " << level;
    }
  }
}

TEST(GadgetDeathTest, RefusesOperandsThatDoNotMatch) {
  const TestRing holder(test::insecure(5, {30, 30}, {40}));
  const RingContext& ring = holder.ring;
  std::mt19937_64 random(test::kSeed);
  const auto draw = [&](Basis basis) { return test::random_poly<Domain::kEvaluation>(ring, basis, random); };
  EXPECT_DEATH(static_cast<void>(decompose(ring, draw({2, 1}))), "modulo Q_l");
  const Digits digits = decompose(ring, draw({2, 0}));
  std::vector<EvaluationPoly> low;
  low.push_back(draw({1, 1}));
  low.push_back(draw({1, 1}));
  EvaluationPoly out0;
  EvaluationPoly out1;
  EXPECT_DEATH((inner_product(ring, digits, {low, low}, out0, out1, false)), "lower level");
  EXPECT_DEATH((inner_product(ring, digits, {std::span(low).first(1), low}, out0, out1, false)), "fewer digits");
  std::vector<EvaluationPoly> keys;
  keys.push_back(draw({2, 1}));
  keys.push_back(draw({2, 1}));
  EXPECT_DEATH((inner_product(ring, digits, {keys, keys}, out0, out1, true)), "same basis");
}

}  // namespace
}  // namespace obscura::fhe::ring
