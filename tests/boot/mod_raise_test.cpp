#include "fhe/boot/mod_raise.hpp"

#include "fhe/ring/test_ring.hpp"
#include "tests/boot/boot_engine.hpp"

namespace obscura::tests {
namespace {

constexpr std::uint64_t kSeed = 20261127;

class ModRaise : public testing::Test {
 protected:
  ModRaise() : engine_(insecure(10, {44, 40, 40}, {45, 45}), kSeed), random_(kSeed) {
    engine_.add_encapsulation_keys(engine_.top());
    slots_ = random_slots(engine_.slots(), random_);
  }

  [[nodiscard]] ckks::Ciphertext raised(Level level) {
    const ckks::Ciphertext bottom = engine_.encrypt(slots_, Level(0), scale_);
    return boot::mod_raise(engine_.ring(), engine_.keys(), bottom, level);
  }

  Engine engine_;
  std::mt19937_64 random_;
  Slots slots_;
  Scale scale_ = Scale::power_of_two(33);
};

TEST_F(ModRaise, KeepsTheMessageModuloTheFirstPrime) {
  const ckks::Ciphertext high = raised(engine_.top());
  EXPECT_EQ(high.level(), engine_.top());
  EXPECT_EQ(high.scale(), Scale::power_of_two(0).times_prime(params::PrimeIndex(0)));
  auto [c0, c1] = ckks::drop_level(engine_.ring(), high, Level(0)).release();
  const ckks::Ciphertext low(std::move(c0), std::move(c1), Level(0), scale_);
  // The key switch at the bottom: one digit as large as half of the prime that divides it.
  const double sparse = std::sqrt(engine_.params().degree() * params::kErrorVariance / 12);
  const double dense = std::hypot(engine_.noise().key_switch(engine_.top()), engine_.noise().division_rounding());
  const double sd = std::hypot(engine_.fresh_sd(Level(0)), sparse, dense);
  EXPECT_LT(largest_difference(engine_.decrypt(low), slots_), engine_.slot_bound(sd, scale_));
}

TEST_F(ModRaise, AddsSumsOfAsManyUniformNumbersAsTheSparseSecretHas) {
  const ckks::Ciphertext high = raised(Level(1));
  ring::EvaluationPoly decrypted = engine_.decrypt_to_poly(high);
  const auto q0 = static_cast<long double>(engine_.params().q()[0].value());
  double squares = 0;
  for (const long double t : fhe::ring::test::integers(engine_.ring(), decrypted)) {
    EXPECT_LE(std::abs(t / q0), (params::kSparseWeight + 1) / 2.0L + 0.01L);
    squares += static_cast<double>(t / q0 * (t / q0));
  }
  // The sample variance of N sums of 33 uniform numbers is right to sqrt(2 / N): five times that.
  const double n = engine_.params().degree();
  const double variance = (params::kSparseWeight + 1) / 12.0;
  EXPECT_NEAR(squares / n, variance, 5 * std::sqrt(2 / n) * variance);
}

using ModRaiseDeathTest = ModRaise;
TEST_F(ModRaiseDeathTest, WrongOperandsAreBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ckks::Ciphertext high = engine_.encrypt(slots_, Level(1), scale_);
  EXPECT_DEATH((void)boot::mod_raise(engine_.ring(), engine_.keys(), high, engine_.top()), "levels do not fit");
  const ckks::Ciphertext bottom = engine_.encrypt(slots_, Level(0), scale_);
  EXPECT_DEATH((void)boot::mod_raise(engine_.ring(), {}, bottom, engine_.top()), "key of encapsulation is missing");
  EXPECT_DEATH(engine_.add_key(ckks::encapsulation_key_id(), Level(0)), "made together");
}

}  // namespace
}  // namespace obscura::tests
