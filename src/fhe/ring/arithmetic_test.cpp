#include "fhe/ring/arithmetic.hpp"

#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using test::TestRing;

class ArithmeticTest : public testing::TestWithParam<int> {
 protected:
  ArithmeticTest() : holder_(test::insecure(GetParam(), {30, 45, 50}, {50, 20})), random_(test::kSeed) {
    RecordProperty("seed", std::to_string(test::kSeed));
  }
  const RingContext& ring() const { return holder_.ring; }
  std::size_t n() const { return static_cast<std::size_t>(ring().degree()); }
  EvaluationPoly draw(const Basis& basis) { return test::random_poly<Domain::kEvaluation>(ring(), basis, random_); }
  CoefficientPoly coefficients(const EvaluationPoly& a) { return to_coefficient(ring(), clone(ring(), a)); }

  const Basis qp_{3, 2};
  TestRing holder_;
  std::mt19937_64 random_;
};

INSTANTIATE_TEST_SUITE_P(Degrees, ArithmeticTest, testing::Values(4, 5, 8));

TEST_P(ArithmeticTest, TransformsAreInverse) {
  const auto a = test::random_poly<Domain::kCoefficient>(ring(), qp_, random_);
  auto copy = ring().make<Domain::kCoefficient>(qp_);
  std::copy(a.words().begin(), a.words().end(), copy.words().begin());
  EXPECT_TRUE(test::equal(a, to_coefficient(ring(), to_evaluation(ring(), std::move(copy)))));
}

TEST_P(ArithmeticTest, ProductIsNegacyclicConvolution) {
  const EvaluationPoly a = draw(qp_);
  const EvaluationPoly b = draw(qp_);
  const CoefficientPoly ca = coefficients(a);
  const CoefficientPoly cb = coefficients(b);
  const CoefficientPoly product = coefficients(multiply(ring(), a, b));
  for (int i = 0; i < qp_.limbs(); ++i) {
    const auto expected = test::negacyclic(ca.limb(i), cb.limb(i), ring().modulus(qp_, i));
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), product.limb(i).begin())) << "limb " << i;
  }
}

TEST_P(ArithmeticTest, SumsAreElementwise) {
  const EvaluationPoly a = draw(qp_);
  const EvaluationPoly b = draw(qp_);
  const EvaluationPoly sum = add(ring(), a, b);
  const EvaluationPoly difference = sub(ring(), a, b);
  const EvaluationPoly opposite = negate(ring(), a);
  EvaluationPoly in_place = clone(ring(), a);
  add_in_place(ring(), in_place, b);
  EXPECT_TRUE(test::equal(in_place, sum));
  for (int i = 0; i < qp_.limbs(); ++i) {
    const std::uint64_t q = ring().modulus(qp_, i).value();
    for (std::size_t c = 0; c < n(); ++c) {
      ASSERT_EQ(sum.limb(i)[c], (a.limb(i)[c] + b.limb(i)[c]) % q);
      ASSERT_EQ(difference.limb(i)[c], (a.limb(i)[c] + q - b.limb(i)[c]) % q);
      ASSERT_EQ(opposite.limb(i)[c], (q - a.limb(i)[c]) % q);
    }
  }
}

TEST_P(ArithmeticTest, RestrictionKeepsTheFirstPrimesOfBothKinds) {
  const EvaluationPoly a = draw(qp_);
  const EvaluationPoly few = restrict_to(ring(), a, {2, 1});
  ASSERT_EQ(few.basis(), (Basis{2, 1}));
  const int from[] = {0, 1, 3};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::equal(few.limb(i).begin(), few.limb(i).end(), a.limb(from[i]).begin()));
    EXPECT_EQ(ring().modulus(few.basis(), i).value(), ring().modulus(qp_, from[i]).value());
  }
}

TEST_P(ArithmeticTest, LiftTimesPMultipliesTheInteger) {
  const std::vector<std::int64_t> small = test::random_signed(ring().degree(), 1000, random_);
  const EvaluationPoly lifted = lift_times_p(ring(), from_signed(ring(), small, {2, 0}));
  ASSERT_EQ(lifted.basis(), (Basis{2, 2}));
  const CoefficientPoly residues = coefficients(lifted);
  for (int i = 0; i < 4; ++i) {
    const arith::Modulus& q = ring().modulus(lifted.basis(), i);
    const auto modulus = static_cast<std::int64_t>(q.value());
    const std::uint64_t p =
        arith::mul_mod(ring().params().p()[0].value() % q.value(), ring().params().p()[1].value() % q.value(), q);
    for (std::size_t c = 0; c < n(); ++c) {
      const auto residue = static_cast<std::uint64_t>((small[c] % modulus + modulus) % modulus);
      ASSERT_EQ(residues.limb(i)[c], arith::mul_mod(residue, p, q));
    }
  }
}

TEST_P(ArithmeticTest, AutomorphismMovesCoefficients) {
  const EvaluationPoly a = draw(qp_);
  const CoefficientPoly before = coefficients(a);
  const std::uint64_t two_n = 2 * n();
  for (const std::uint64_t g : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{5}, two_n - 1}) {
    const CoefficientPoly after = coefficients(automorphism(ring(), a, GaloisElement(g)));
    for (int i = 0; i < qp_.limbs(); ++i) {
      const arith::Modulus& q = ring().modulus(qp_, i);
      for (std::size_t c = 0; c < n(); ++c) {
        const std::uint64_t place = c * g % two_n;
        const std::uint64_t value = before.limb(i)[c];
        ASSERT_EQ(after.limb(i)[place % n()], place < n() ? value : arith::neg_mod(value, q)) << "g " << g;
      }
    }
  }
}

TEST_P(ArithmeticTest, AutomorphismsCompose) {
  const EvaluationPoly a = draw(qp_);
  const GaloisElement g = galois_of_rotation(params::RotationStep(3), GetParam());
  const GaloisElement h = galois_of_conjugation(GetParam());
  const EvaluationPoly both = automorphism(ring(), automorphism(ring(), a, g), h);
  EXPECT_TRUE(test::equal(both, automorphism(ring(), a, GaloisElement(g.value() * h.value() % (2 * n())))));
  const GaloisElement back = galois_inverse(g, GetParam());
  EXPECT_TRUE(test::equal(a, automorphism(ring(), automorphism(ring(), a, g), back)));
}

TEST_P(ArithmeticTest, MultiplyByIShiftsByHalfTheDegree) {
  const EvaluationPoly a = draw(qp_);
  const CoefficientPoly before = coefficients(a);
  const CoefficientPoly after = coefficients(multiply_by_i(ring(), a));
  for (int i = 0; i < qp_.limbs(); ++i) {
    for (std::size_t c = 0; c < n() / 2; ++c) {
      ASSERT_EQ(after.limb(i)[c + n() / 2], before.limb(i)[c]);
      ASSERT_EQ(after.limb(i)[c], arith::neg_mod(before.limb(i)[c + n() / 2], ring().modulus(qp_, i)));
    }
  }
  const EvaluationPoly squared = multiply_by_i(ring(), multiply_by_i(ring(), a));
  EXPECT_TRUE(test::equal(squared, negate(ring(), a)));
  EXPECT_TRUE(test::equal(a, multiply_by_i(ring(), multiply_by_i(ring(), squared))));
}

TEST_P(ArithmeticTest, FromSignedKeepsTheIntegers) {
  const std::int64_t edge = (std::int64_t{1} << 62) - 1;
  std::vector<std::int64_t> values = test::random_signed(ring().degree(), edge, random_);
  values[0] = edge;
  values[1] = -edge;
  values[2] = 0;
  values[3] = -1;
  const auto back = test::integers(ring(), from_signed(ring(), values, qp_));
  for (std::size_t c = 0; c < n(); ++c) EXPECT_EQ(back[c], static_cast<long double>(values[c]));
}

TEST(ArithmeticDeathTest, RefusesForeignOperands) {
  const TestRing holder(test::insecure(5, {30, 45, 50}, {50, 20}));
  const RingContext& ring = holder.ring;
  std::mt19937_64 random(test::kSeed);
  const auto a = test::random_poly<Domain::kEvaluation>(ring, {3, 0}, random);
  const auto b = test::random_poly<Domain::kEvaluation>(ring, {2, 1}, random);
  EXPECT_DEATH(static_cast<void>(add(ring, a, b)), "different bases");
  EXPECT_DEATH(static_cast<void>(restrict_to(ring, b, {3, 0})), "fewer primes");
  EXPECT_DEATH(static_cast<void>(automorphism(ring, a, GaloisElement(4))), "odd");
  EXPECT_DEATH(static_cast<void>(lift_times_p(ring, b)), "already");
  EXPECT_DEATH(static_cast<void>(from_signed(ring, std::vector<std::int64_t>(3), {1, 0})), "N coefficients");
}

}  // namespace
}  // namespace obscura::fhe::ring
