#include "fhe/ring/division.hpp"
#include "fhe/ring/gadget.hpp"
#include "fhe/ring/key_switch.hpp"
#include "fhe/ring/sample.hpp"
#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using test::TestRing;

/// Results of every operation on fixed operands.
std::vector<EvaluationPoly> run_everything(const RingContext& ring) {
  std::vector<EvaluationPoly> results;
  const params::Level level = ring.params().max_level();
  const EvaluationPoly a = uniform(ring, ring.basis_q(level), random::Seed256{}, 1);
  const EvaluationPoly b = uniform(ring, ring.basis_q(level), random::Seed256{}, 2);
  std::mt19937_64 random(test::kSeed);
  results.push_back(from_signed(ring, test::random_signed(ring.degree(), 1LL << 61, random), a.basis()));
  results.push_back(add(ring, a, b));
  results.push_back(sub(ring, a, b));
  results.push_back(negate(ring, a));
  results.push_back(multiply(ring, a, b));
  results.push_back(multiply_by_i(ring, a));
  results.push_back(lift_times_p(ring, a));
  results.push_back(automorphism(ring, a, galois_of_rotation(params::RotationStep(5), ring.params().log_n())));
  results.push_back(divide_by_last_prime(ring, a));
  Digits digits = decompose(ring, a);
  std::vector<EvaluationPoly> keys;
  for (std::size_t d = 0; d < 2 * digits.digits.size(); ++d) {
    keys.push_back(uniform(ring, ring.basis_qp(level), random::Seed256{}, 10 + d));
  }
  EvaluationPoly u0;
  EvaluationPoly u1;
  const std::span<const EvaluationPoly> all(keys);
  const GadgetKey key{all.first(digits.digits.size()), all.last(digits.digits.size())};
  inner_product(ring, digits, key, u0, u1, false);
  results.push_back(mod_down(ring, u0));
  results.push_back(mod_down_and_rescale(ring, u1));
  for (const bool rescales : {false, true}) {
    PolyPair switched = switch_key(ring, a, key, {.summand0 = &b, .rescales = rescales, .galois = GaloisElement(5)});
    results.push_back(std::move(switched.c0));
    results.push_back(std::move(switched.c1));
  }
  for (EvaluationPoly& digit : digits.digits) results.push_back(std::move(digit));
  results.push_back(std::move(u0));
  results.push_back(std::move(u1));
  return results;
}

/// FNV-1a over the words of all results.
std::uint64_t digest(const std::vector<EvaluationPoly>& results) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const EvaluationPoly& result : results) {
    for (const std::uint64_t word : result.words()) hash = (hash ^ word) * 0x100000001b3;
  }
  return hash;
}

void expect_same_everywhere(const params::ParamSet& params) {
  const TestRing reference(params);
  const std::vector<EvaluationPoly> expected = run_everything(reference.ring);
  for (const kernels::KernelTable* set : kernels::available_kernels()) {
    for (const int threads : {1, 2}) {
      const TestRing other(params, *set, threads);
      const std::vector<EvaluationPoly> results = run_everything(other.ring);
      ASSERT_EQ(results.size(), expected.size());
      for (std::size_t i = 0; i < results.size(); ++i) {
        EXPECT_TRUE(test::equal(results[i], expected[i])) << set->name << ", " << threads << " threads, result " << i;
      }
    }
  }
}

TEST(Reproducible, SameWordsForEveryKernelSetAndThreadCount) {
  expect_same_everywhere(test::insecure(4, {30, 50, 20, 40}, {50}));
  expect_same_everywhere(test::insecure(8, {50, 30, 30, 30, 40, 40, 30}, {50, 50}));
  expect_same_everywhere(test::real_params());
}

// Known answers, found with the portable kernels on x86-64.
TEST(Reproducible, SameWordsOnEveryPlatform) {
  const TestRing narrow(test::insecure(4, {30, 50, 20, 40}, {50}));
  const TestRing wide(test::insecure(8, {50, 30, 30, 30, 40, 40, 30}, {50, 50}));
  EXPECT_EQ(digest(run_everything(narrow.ring)), 15966500294447865263u);
  EXPECT_EQ(digest(run_everything(wide.ring)), 8559322335605795534u);
}

TEST(ReproducibleSlow, SameWordsForRealRings) {
  expect_same_everywhere(
      params::ParamSet::create({14, {50, 40, 40, 40, 40, 40, 40}, {50}, params::Security::k128}).value());
  expect_same_everywhere(
      params::ParamSet::create({15, {50, 40, 40, 40, 40, 40, 40, 40, 40, 40}, {50, 50, 50}, params::Security::k128})
          .value());
}

}  // namespace
}  // namespace obscura::fhe::ring
