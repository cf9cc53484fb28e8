#include "fhe/ring/encapsulation.hpp"

#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using params::Level;
using test::TestRing;

class Encapsulation : public testing::Test {
 protected:
  /// With one special prime the bottom is all of Q_0 P.
  Encapsulation()
      : holder_(test::insecure(6, {48, 40, 45}, {49}), *kernels::available_kernels().front()), random_(test::kSeed) {}
  [[nodiscard]] const RingContext& ring() const { return holder_.ring; }
  [[nodiscard]] EvaluationPoly draw(const Basis& basis) {
    return test::random_poly<Domain::kEvaluation>(ring(), basis, random_);
  }

  TestRing holder_;
  std::mt19937_64 random_;
};

TEST_F(Encapsulation, KeySwitchAtTheBottomIsThatOfLevelZero) {
  std::vector<EvaluationPoly> b;
  std::vector<EvaluationPoly> a;
  b.push_back(draw(encapsulation_basis()));
  a.push_back(draw(encapsulation_basis()));
  const PolyPair pair{draw({1, 0}), draw({1, 0})};
  const PolyPair actual = switch_at_bottom(ring(), pair, {b, a});
  const PolyPair expected = switch_key(ring(), pair.c1, {b, a}, {.summand0 = &pair.c0});
  EXPECT_TRUE(test::equal(actual.c0, expected.c0));
  EXPECT_TRUE(test::equal(actual.c1, expected.c1));
}

TEST_F(Encapsulation, TheKeysMessageIsThatOfTheFirstDigit) {
  const EvaluationPoly factor = draw(encapsulation_basis());
  EvaluationPoly actual = draw(encapsulation_basis());
  EvaluationPoly expected = clone(ring(), actual);
  add_bottom_multiple(ring(), actual, factor);
  add_gadget_multiple(ring(), expected, factor, 0);
  EXPECT_TRUE(test::equal(actual, expected));
}

TEST_F(Encapsulation, RaisingTheModulusKeepsTheIntegers) {
  const EvaluationPoly a = draw({1, 0});
  for (int level = 0; level <= 2; ++level) {
    const EvaluationPoly raised = raise_modulus(ring(), a, Level(level));
    EXPECT_EQ(raised.basis(), ring().basis_q(Level(level)));
    EXPECT_EQ(test::integers(ring(), raised), test::integers(ring(), a));
  }
}

TEST_F(Encapsulation, OtherBasesAreBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const EvaluationPoly high = draw({2, 0});
  EXPECT_DEATH((void)raise_modulus(ring(), high, Level(2)), "another basis");
}

}  // namespace
}  // namespace obscura::fhe::ring
