#include "fhe/ring/key_switch.hpp"

#include "fhe/ring/division.hpp"
#include "fhe/ring/test_ring.hpp"

namespace obscura::fhe::ring {
namespace {

using params::Level;
using test::TestRing;

/// One digit or several, of one prime or several; one special prime or several; more digits than meet a key in one
/// sweep; a real ring.
std::vector<params::ParamSet> param_sets() {
  std::vector<params::ParamSet> sets;
  sets.push_back(test::insecure(5, {30, 25, 45, 50}, {50}));
  sets.push_back(test::insecure(7, {50, 30, 30, 30, 40, 40, 30}, {50, 50}));
  sets.push_back(test::insecure(9, {49, 40, 40, 40, 40, 40, 40, 40, 40, 40}, {50}));
  sets.push_back(test::insecure(8, {40, 40, 40}, {50, 40, 40}));
  sets.push_back(test::real_params());
  return sets;
}

/// A ring, a key of its highest level, and polynomials.
class KeySwitch {
 public:
  explicit KeySwitch(params::ParamSet params, std::uint64_t seed)
      : holder_(std::move(params), *kernels::available_kernels().front(), 2), random_(seed) {
    for (std::size_t d = 0; d < ring().params().digits().size(); ++d) {
      b_.push_back(draw(ring().basis_qp(ring().params().max_level())));
      a_.push_back(draw(ring().basis_qp(ring().params().max_level())));
    }
  }
  [[nodiscard]] const RingContext& ring() const { return holder_.ring; }
  [[nodiscard]] GadgetKey key() const { return {b_, a_}; }
  [[nodiscard]] EvaluationPoly draw(const Basis& basis) {
    return test::random_poly<Domain::kEvaluation>(ring(), basis, random_);
  }

  /// The same by single steps, P times the summands added before the division.
  [[nodiscard]] PolyPair expected(const EvaluationPoly& a, const SwitchEnd& end) const {
    PolyPair sums;
    inner_product(ring(), decompose(ring(), a), key(), sums.c0, sums.c1, false);
    if (end.summand0 != nullptr) add_in_place(ring(), sums.c0, lift_times_p(ring(), *end.summand0));
    if (end.summand1 != nullptr) add_in_place(ring(), sums.c1, lift_times_p(ring(), *end.summand1));
    const auto divide = [&](const EvaluationPoly& sum) {
      return automorphism(ring(), end.rescales ? mod_down_and_rescale(ring(), sum) : mod_down(ring(), sum), end.galois);
    };
    return {divide(sums.c0), divide(sums.c1)};
  }

 private:
  TestRing holder_;
  std::mt19937_64 random_;
  std::vector<EvaluationPoly> b_;
  std::vector<EvaluationPoly> a_;
};

void expect_equal(const PolyPair& actual, const PolyPair& expected, int level) {
  EXPECT_TRUE(test::equal(actual.c0, expected.c0)) << "level " << level;
  EXPECT_TRUE(test::equal(actual.c1, expected.c1)) << "level " << level;
}

TEST(KeySwitch, IsItsStepsInOne) {
  for (params::ParamSet& params : param_sets()) {
    KeySwitch keys(std::move(params), test::kSeed);
    const RingContext& ring = keys.ring();
    for (int level = 0; level <= ring.params().max_level().value(); ++level) {
      const EvaluationPoly a = keys.draw({level + 1, 0});
      const EvaluationPoly b = keys.draw({level + 1, 0});
      const SwitchEnd ends[] = {{},
                                {.summand0 = &b, .galois = GaloisElement(5)},
                                {.summand0 = &a, .summand1 = &b},
                                {.summand0 = &a, .summand1 = &b, .rescales = true},
                                {.summand1 = &b, .rescales = true, .galois = GaloisElement(25)}};
      for (const SwitchEnd& end : ends) {
        if (end.rescales && level == 0) continue;
        const PolyPair expected = keys.expected(a, end);
        expect_equal(switch_key(ring, a, keys.key(), end), expected, level);
        expect_equal(switch_key(ring, decompose(ring, a), keys.key(), end), expected, level);
      }
    }
  }
}

TEST(KeySwitch, DivisionOfAPairIsThatOfEach) {
  for (params::ParamSet& params : param_sets()) {
    KeySwitch keys(std::move(params), test::kSeed + 1);
    const RingContext& ring = keys.ring();
    const Basis basis = ring.basis_qp(ring.params().max_level());
    const PolyPair sums{keys.draw(basis), keys.draw(basis)};
    expect_equal(divide_pair(ring, sums, false), {mod_down(ring, sums.c0), mod_down(ring, sums.c1)}, 0);
    expect_equal(divide_pair(ring, sums, true),
                 {mod_down_and_rescale(ring, sums.c0), mod_down_and_rescale(ring, sums.c1)}, 0);
  }
}

TEST(KeySwitchDeathTest, RefusesOperandsThatDoNotMatch) {
  KeySwitch keys(test::insecure(5, {30, 30}, {40}), test::kSeed);
  const RingContext& ring = keys.ring();
  const EvaluationPoly a = keys.draw({2, 0});
  const EvaluationPoly low = keys.draw({1, 0});
  const SwitchEnd wrong{.summand0 = &low};
  const SwitchEnd rescaling{.rescales = true};
  EXPECT_DEATH(static_cast<void>(switch_key(ring, a, keys.key(), wrong)), "another basis");
  EXPECT_DEATH(static_cast<void>(switch_key(ring, low, keys.key(), rescaling)), "no prime is left");
  EXPECT_DEATH(static_cast<void>(divide_pair(ring, {keys.draw({2, 0}), keys.draw({2, 1})}, false)), "modulo Q_l P");
}

}  // namespace
}  // namespace obscura::fhe::ring
