#include "fhe/boot/eval_mod.hpp"

#include "tests/boot/boot_engine.hpp"

namespace obscura::tests {
namespace {

constexpr std::uint64_t kSeed = 20261127;

/// As in a bootstrap, without the primes of the matrices above it.
class EvalMod : public testing::Test {
 protected:
  EvalMod()
      : engine_(insecure(10, {44, 36, 36, 44, 44, 44, 44, 44, 44, 44, 20, 44, 44}, {45, 45, 45, 45, 45}), kSeed),
        bootstrap_(params::BootstrapParams::create(engine_.params(), kLiteral).value()),
        eval_mod_(engine_.ring(), bootstrap_, kScale) {
    engine_.add_relinearization_key(bootstrap_.eval_mod_level());
  }

  /// What EvalMod makes of (v / R + integer) / half_width.
  [[nodiscard]] Slots reduced(const std::vector<double>& v, const std::vector<int>& integers) {
    Slots inputs;
    for (std::size_t i = 0; i < v.size(); ++i) {
      inputs.emplace_back((v[i] / kRatio + integers[i]) / eval_mod_.half_width());
    }
    ckks::Ciphertext x = engine_.encrypt(inputs, bootstrap_.eval_mod_level(), eval_mod_.input_scale());
    return engine_.decrypt(eval_mod_.apply(std::move(x), engine_.key(ckks::relinearization_key_id())));
  }

  /// A bootstrap's, whose bias covers that of EvalMod, and the noise of the input, which grows as v does.
  [[nodiscard]] double bound() const {
    return params::bootstrap_error_bound(engine_.params(), bootstrap_, kScale, kScale) +
           engine_.slot_bound(engine_.fresh_sd(bootstrap_.eval_mod_level()), eval_mod_.input_scale()) * kRatio *
               eval_mod_.half_width();
  }

  static constexpr double kRatio = 2048;
  static inline const params::BootstrapLiteral kLiteral{
      .log_slots = 9, .real = true, .slots_to_coeffs = {9}, .coeffs_to_slots = {9}, .message_ratio_bits = 11};
  static inline const Scale kScale = Scale::power_of_two(33);

  Engine engine_;
  params::BootstrapParams bootstrap_;
  boot::EvalMod eval_mod_;
};

TEST_F(EvalMod, TakesEveryIntegerOfItsRangeAway) {
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> draw(-1, 1);
  std::vector<double> v;
  std::vector<int> integers;
  const int range = kLiteral.range;
  for (std::size_t i = 0; i < engine_.slots(); ++i) {
    integers.push_back(static_cast<int>(i) % (2 * range + 1) - range);
    v.push_back(draw(random));
  }
  // The ends of the interval on which the cosine is known, and a value beyond either.
  for (std::size_t i = 0; i < 4; ++i) {
    integers[i] = i < 2 ? -range : range;
    v[i] = i % 2 == 0 ? -1 : 1;
  }
  const Slots got = reduced(v, integers);
  for (std::size_t i = 0; i < v.size(); ++i) EXPECT_NEAR(got[i].real(), v[i], bound()) << integers[i];
}

/// The failure probability is that of leaving the range: four integers further on the polynomial is no cosine.
TEST_F(EvalMod, IsWrongBeyondItsRange) {
  std::vector<double> v(engine_.slots(), 0.5);
  std::vector<int> integers(engine_.slots(), kLiteral.range);
  integers.front() = kLiteral.range + 4;
  const Slots got = reduced(v, integers);
  EXPECT_GT(std::abs(got.front().real() - 0.5), bound());
  EXPECT_NEAR(got.back().real(), 0.5, bound());
}

}  // namespace
}  // namespace obscura::tests
