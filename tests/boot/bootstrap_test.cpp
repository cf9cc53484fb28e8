#include "tests/boot/boot_engine.hpp"

namespace obscura::tests {
namespace {

constexpr std::uint64_t kSeed = 20261126;
constexpr int kLogN = 10;

/// Primes six bits smaller than at N = 2^16, where a slot's noise is six bits larger: errors as there.
params::ParamSet small_ring() {
  return insecure(kLogN, {44, 36, 36, 36, 36, 36, 36, 44, 44, 44, 44, 44, 44, 44, 20, 44, 44, 44, 44},
                  {45, 45, 45, 45, 45});
}

params::BootstrapLiteral literal_of(int log_slots, bool real) {
  params::BootstrapLiteral literal{.log_slots = log_slots, .real = real, .baby_steps = 4};
  literal.slots_to_coeffs = {log_slots - 6, 3, 3};
  literal.coeffs_to_slots = {3, 3, log_slots - 6};
  return literal;
}

/// Scales of input and output, different on purpose.
const boot::BootstrapScales kScales{Scale::power_of_two(34), Scale::power_of_two(33)};

class Bootstrap : public testing::Test {
 protected:
  Bootstrap() : engine_(small_ring(), kSeed), random_(kSeed) {}

  boot::Bootstrapper make(int log_slots, bool real, const boot::BootstrapScales& scales = kScales) {
    const auto bootstrap = params::BootstrapParams::create(engine_.params(), literal_of(log_slots, real)).value();
    add_bootstrap_keys(engine_, bootstrap);
    return {engine_.context(), bootstrap, {scales}};
  }

  Slots draw() { return random_slots(engine_.slots(), random_); }

  ckks::Ciphertext encrypt(const Slots& slots, Level level) { return engine_.encrypt(slots, level, kScales.input); }

  /// Deviation of a real or imaginary part from what a bootstrap without noise gives.
  double predicted_sd(const params::BootstrapParams& bootstrap, const boot::BootstrapScales& scales) const {
    const double fresh = engine_.noise().slot_from_coefficient(engine_.fresh_sd(bootstrap.input_level()),
                                                               scales.input.value(engine_.params()));
    return std::hypot(fresh, params::bootstrap_noise_sd(engine_.params(), bootstrap, scales.input, scales.output),
                      params::bootstrap_truncation(bootstrap));
  }

  double measured_sd(const boot::Bootstrapper& bootstrapper, const boot::BootstrapScales& scales) {
    constexpr int kTrials = 8;
    double sum = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      const Slots x = draw();
      const Slots expected = without_noise(bootstrapper.params(), x);
      const Slots got = engine_.decrypt(
          bootstrapper.bootstrap(engine_.keys(), encrypt(x, bootstrapper.params().input_level()), scales));
      for (std::size_t i = 0; i < x.size(); ++i) sum += std::norm(got[i] - expected[i]);
    }
    return std::sqrt(sum / (2.0 * kTrials * static_cast<double>(engine_.slots())));
  }

  /// Of the modulus of a complex slot; the bias at 1 that the bound holds covers the noise of the input.
  double bound(const params::BootstrapParams& bootstrap) const {
    return std::sqrt(2.0) * params::bootstrap_error_bound(engine_.params(), bootstrap, kScales.input, kScales.output);
  }

  void expect_right(const boot::Bootstrapper& bootstrapper, const ckks::Ciphertext& result, const Slots& expected) {
    EXPECT_EQ(result.level(), bootstrapper.params().output_level());
    EXPECT_EQ(result.scale(), kScales.output);
    EXPECT_LT(largest_difference(engine_.decrypt(result), without_noise(bootstrapper.params(), expected)),
              bound(bootstrapper.params()));
  }

  Engine engine_;
  std::mt19937_64 random_;
};

TEST_F(Bootstrap, OfComplexSlotsKeepsThem) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, false);
  const Slots x = draw();
  const ckks::Ciphertext input = encrypt(x, bootstrapper.params().input_level());
  const ckks::Ciphertext before = ckks::clone(engine_.ring(), input);
  expect_right(bootstrapper, bootstrapper.bootstrap(engine_.keys(), input, kScales), x);
  EXPECT_TRUE(same_words(input, before));
  EXPECT_EQ(input.scale(), before.scale());
}

TEST_F(Bootstrap, TakesInputsOfHigherLevels) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, false);
  const Slots x = draw();
  const ckks::Ciphertext high = encrypt(x, bootstrapper.params().output_level());
  const ckks::Ciphertext low = ckks::drop_level(engine_.ring(), high, bootstrapper.params().input_level());
  const ckks::Ciphertext result = bootstrapper.bootstrap(engine_.keys(), high, kScales);
  EXPECT_TRUE(same_words(result, bootstrapper.bootstrap(engine_.keys(), low, kScales)));
  // And its own results, again and again.
  const ckks::Ciphertext scaled(ring::clone(engine_.ring(), result.c0()), ring::clone(engine_.ring(), result.c1()),
                                result.level(), kScales.input);
  const Slots half = map_slots(x, [](auto z) { return z * 0.5; });
  EXPECT_LT(largest_difference(engine_.decrypt(bootstrapper.bootstrap(engine_.keys(), scaled, kScales)), half),
            2 * bound(bootstrapper.params()) + 4 * params::bootstrap_bias(bootstrapper.params(), 1));
}

TEST_F(Bootstrap, OfValuesAtTheEndsOfTheRangeIsRight) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, false);
  const Slots ones(engine_.slots(), {1, 1});
  const Slots signs =
      map_slots(draw(), [](auto z) { return std::complex<double>(z.real() < 0 ? -1 : 1, z.imag() < 0 ? -1 : 1); });
  for (const Slots& x : {ones, signs, Slots(engine_.slots())}) {
    const ckks::Ciphertext input = encrypt(x, bootstrapper.params().input_level());
    expect_right(bootstrapper, bootstrapper.bootstrap(engine_.keys(), input, kScales), x);
  }
}

TEST_F(Bootstrap, OfRealSlotsDropsImaginaryParts) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, true);
  const Slots x = draw();
  const ckks::Ciphertext input = encrypt(x, bootstrapper.params().input_level());
  expect_right(bootstrapper, bootstrapper.bootstrap(engine_.keys(), input, kScales), real_parts(x));
}

TEST_F(Bootstrap, OfFewSlotsRepeatsThem) {
  for (const bool real : {false, true}) {
    const boot::Bootstrapper bootstrapper = make(7, real);
    const Slots x = repeated(draw(), 7);
    const ckks::Ciphertext input = encrypt(x, bootstrapper.params().input_level());
    expect_right(bootstrapper, bootstrapper.bootstrap(engine_.keys(), input, kScales), real ? real_parts(x) : x);
  }
}

TEST_F(Bootstrap, OfAPairUsesBothHalves) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, false);
  const Slots a = real_parts(draw());
  const Slots b = real_parts(draw());
  const Level level = bootstrapper.params().input_level();
  const auto [first, second] =
      bootstrapper.bootstrap_pair(engine_.keys(), encrypt(a, level), encrypt(b, Level(level.value() + 1)), kScales);
  expect_right(bootstrapper, first, a);
  expect_right(bootstrapper, second, b);
}

/// The sample variance of 8192 errors whose fourth moment is below 30 variances squared is right to 6 %: five of these
/// are a quarter bit of the deviation, and another quarter is allowed to the model.
TEST_F(Bootstrap, HasTheNoiseThatIsPredicted) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, false);
  EXPECT_NEAR(std::log2(measured_sd(bootstrapper, kScales)), std::log2(predicted_sd(bootstrapper.params(), kScales)),
              0.5);
}

/// Far below the working scale over R, 2^33, the last roundings are all that counts; above it they count nothing.
TEST_F(Bootstrap, HasTheNoiseThatIsPredictedForItsOutputScale) {
  for (const int bits : {20, 24, 28, 42}) {
    const boot::BootstrapScales scales{kScales.input, Scale::power_of_two(bits)};
    const boot::Bootstrapper bootstrapper = make(kLogN - 1, false, scales);
    EXPECT_NEAR(std::log2(measured_sd(bootstrapper, scales)), std::log2(predicted_sd(bootstrapper.params(), scales)),
                0.5)
        << bits;
  }
}

/// Eight times as large, at an eighth of the scale: the same words go in, so the same words come out.
TEST_F(Bootstrap, OfLargerValuesIsThatOfValuesRelativeToTheirRange) {
  const boot::BootstrapScales larger{Scale::power_of_two(31), Scale::power_of_two(30), 3};
  const auto bootstrap = params::BootstrapParams::create(engine_.params(), literal_of(kLogN - 1, false)).value();
  add_bootstrap_keys(engine_, bootstrap);
  const boot::Bootstrapper both(engine_.context(), bootstrap, {kScales, larger});
  const Slots x = draw();
  const ckks::Ciphertext input = encrypt(x, bootstrap.input_level());
  const ckks::Ciphertext eightfold(ring::clone(engine_.ring(), input.c0()), ring::clone(engine_.ring(), input.c1()),
                                   input.level(), larger.input);
  const ckks::Ciphertext result = both.bootstrap(engine_.keys(), eightfold, larger);
  EXPECT_EQ(result.scale(), larger.output);
  EXPECT_TRUE(same_words(result, both.bootstrap(engine_.keys(), input, kScales)));
  const Slots got = map_slots(engine_.decrypt(result), [](auto z) { return z / 8.0; });
  EXPECT_LT(largest_difference(got, without_noise(bootstrap, x)), bound(bootstrap));
}

TEST_F(Bootstrap, OfSeveralScalesHoldsAMatrixForEachAndGivesTheWordsOfEach) {
  const auto bootstrap = params::BootstrapParams::create(engine_.params(), literal_of(kLogN - 1, false)).value();
  add_bootstrap_keys(engine_, bootstrap);
  const auto bits = [](int in, int out) {
    return boot::BootstrapScales{Scale::power_of_two(in), Scale::power_of_two(out)};
  };
  const std::vector<boot::BootstrapScales> scales = {kScales, bits(34, 30), bits(32, 33), bits(32, 30)};
  const boot::Bootstrapper all(engine_.context(), bootstrap, scales);
  const double one = boot::Bootstrapper(engine_.context(), bootstrap, {kScales}).diagonal_bytes();
  const double two = boot::Bootstrapper(engine_.context(), bootstrap, {kScales, scales[2]}).diagonal_bytes();
  EXPECT_GT(two, one);
  EXPECT_EQ(all.diagonal_bytes(), two);
  const Slots x = draw();
  for (const boot::BootstrapScales& each : scales) {
    const boot::Bootstrapper alone(engine_.context(), bootstrap, {each});
    const ckks::Ciphertext input = engine_.encrypt(x, bootstrap.input_level(), each.input);
    const ckks::Ciphertext result = all.bootstrap(engine_.keys(), input, each);
    EXPECT_EQ(result.scale(), each.output);
    EXPECT_TRUE(same_words(result, alone.bootstrap(engine_.keys(), input, each)));
  }
}

TEST_F(Bootstrap, GivesTheSameWordsWithTwoThreads) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, false);
  Engine other(small_ring(), kSeed, {2, ""});
  add_bootstrap_keys(other, bootstrapper.params());
  const boot::Bootstrapper threaded(other.context(), bootstrapper.params(), {kScales});
  const ckks::Ciphertext input = encrypt(draw(), bootstrapper.params().input_level());
  EXPECT_TRUE(same_words(bootstrapper.bootstrap(engine_.keys(), input, kScales),
                         threaded.bootstrap(other.keys(), input, kScales)));
}

TEST_F(Bootstrap, NamesItsPhasesInTheTrace) {
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, true);
  base::Trace trace;
  const ckks::Ciphertext input = encrypt(draw(), bootstrapper.params().input_level());
  static_cast<void>(bootstrapper.bootstrap(engine_.keys(), input, kScales, &trace));
  std::vector<std::string> names;
  for (const base::TraceEvent& event : trace.events()) names.push_back(event.name);
  const std::string down = "slots to coefficients";
  const std::string up = "coefficients to slots";
  EXPECT_EQ(names, (std::vector<std::string>{down, down, down, "raise the modulus", up, up, up, "conjugate",
                                             "reduce modulo q_0"}));
}

using BootstrapDeathTest = Bootstrap;
TEST_F(BootstrapDeathTest, WrongOperandsAreBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const boot::Bootstrapper bootstrapper = make(kLogN - 1, false);
  const Level level = bootstrapper.params().input_level();
  const ckks::Ciphertext other = engine_.encrypt(draw(), level, Scale::power_of_two(30));
  EXPECT_DEATH((void)bootstrapper.bootstrap(engine_.keys(), other, kScales), "another scale");
  const ckks::Ciphertext input = encrypt(draw(), level);
  EXPECT_DEATH((void)bootstrapper.bootstrap({}, input, kScales), "key that the transform needs is missing");
  EXPECT_DEATH((void)bootstrapper.bootstrap(engine_.keys(), input, {kScales.input, kScales.output, 1}),
               "not made for this scale of the input");
  EXPECT_DEATH((void)bootstrapper.bootstrap(engine_.keys(), input, {kScales.input, kScales.input}),
               "not made for these scales");
  const ckks::Ciphertext low = encrypt(draw(), Level(level.value() - 1));
  EXPECT_DEATH((void)bootstrapper.bootstrap(engine_.keys(), low, kScales), "levels can be dropped, not won");
}

}  // namespace
}  // namespace obscura::tests
