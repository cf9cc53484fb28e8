#include "fhe/ring/add_switched.hpp"

#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using test::TestRing;

/// Few digits, and more than meet a key in one sweep.
std::vector<params::ParamSet> param_sets() {
  std::vector<params::ParamSet> sets;
  sets.push_back(test::insecure(6, {50, 30, 30, 30, 40, 40, 30}, {50, 50}));
  sets.push_back(test::insecure(9, {49, 40, 40, 40, 40, 40, 40, 40, 40, 40}, {50}));
  return sets;
}

TEST(AddSwitched, GivesTheWordsOfItsSteps) {
  for (const params::ParamSet& params : param_sets()) {
    for (const kernels::KernelTable* kernels : kernels::available_kernels()) {
      const TestRing holder(params, *kernels, 2);
      const RingContext& ring = holder.ring;
      std::mt19937_64 random(test::kSeed);
      const auto draw = [&](const Basis& basis) { return test::random_poly<Domain::kEvaluation>(ring, basis, random); };
      std::vector<EvaluationPoly> b;
      std::vector<EvaluationPoly> a;
      for (std::size_t d = 0; d < params.digits().size(); ++d) {
        b.push_back(draw(ring.basis_qp(params.max_level())));
        a.push_back(draw(ring.basis_qp(params.max_level())));
      }
      for (const int level : {params.max_level().value(), 2}) {
        const Basis basis = ring.basis_qp(params::Level(level));
        const EvaluationPoly operand = draw(ring.basis_q(params::Level(level)));
        const EvaluationPoly summand = draw(basis);
        PolyPair sums{draw(basis), draw(basis)};
        PolyPair expected;
        decompose_and_multiply(ring, operand, {b, a}, expected.c0, expected.c1, false);
        add_in_place(ring, expected.c0, summand);
        const GaloisElement g(5);
        expected = {add(ring, automorphism(ring, expected.c0, g), sums.c0),
                    add(ring, automorphism(ring, expected.c1, g), sums.c1)};
        add_switched(ring, operand, {b, a}, summand, g, sums);
        EXPECT_TRUE(test::equal(sums.c0, expected.c0)) << kernels->name << " level " << level;
        EXPECT_TRUE(test::equal(sums.c1, expected.c1)) << kernels->name << " level " << level;
      }
    }
  }
}

TEST(AddSwitchedDeathTest, OtherBasesAreBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TestRing holder(param_sets().front());
  const RingContext& ring = holder.ring;
  std::mt19937_64 random(test::kSeed);
  std::vector<EvaluationPoly> key;
  for (std::size_t d = 0; d < ring.params().digits().size(); ++d) {
    key.push_back(test::random_poly<Domain::kEvaluation>(ring, ring.basis_qp(params::Level(1)), random));
  }
  const auto a = test::random_poly<Domain::kEvaluation>(ring, ring.basis_q(params::Level(1)), random);
  PolyPair sums{clone(ring, a), clone(ring, a)};
  EXPECT_DEATH(add_switched(ring, a, {key, key}, a, GaloisElement(5), sums), "another basis than the digits");
}

}  // namespace
}  // namespace obscura::fhe::ring
