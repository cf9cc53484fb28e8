#include "fhe/circuits/sum_rotations.hpp"

#include "tests/engine/engine.hpp"

namespace obscura::tests {
namespace {

namespace circuits = fhe::circuits;

constexpr std::uint64_t kSeed = 20261126;

/// One rotation's error each, and one division for all; a slot's modulus is at most sqrt 2.
double predicted_bound(const Engine& engine, std::size_t steps, Level level, const Scale& scale) {
  const params::NoiseModel& noise = engine.noise();
  const double variance = std::pow(engine.fresh_sd(level), 2) + std::pow(noise.key_switch(level), 2);
  return engine.slot_bound(std::sqrt(static_cast<double>(steps) * variance + std::pow(noise.division_rounding(), 2)),
                           scale);
}

void check_sum(Engine& engine, const std::vector<int>& steps, Level level) {
  const Scale scale = Scale::power_of_two(28);
  std::mt19937_64 generator(kSeed);
  const Slots x = random_slots(engine.slots(), generator);
  Slots expected(x.size());
  std::vector<RotationStep> rotations;
  for (const int step : steps) {
    expected = map_slots(expected, rotated(x, step), [](auto a, auto b) { return a + b; });
    rotations.emplace_back(step);
    if (step % engine.params().slots() != 0) engine.add_rotation_key(step, level);
  }
  const ckks::Ciphertext sum =
      circuits::sum_rotations(engine.ring(), engine.keys(), engine.encrypt(x, level, scale), rotations);
  EXPECT_EQ(sum.level(), level);
  EXPECT_EQ(sum.scale(), scale);
  EXPECT_LT(largest_difference(engine.decrypt(sum), expected), predicted_bound(engine, steps.size(), level, scale));
}

TEST(SumRotations, EqualsTheSumOfRotatedSlots) {
  for (const std::vector<int>& p_bits : {std::vector<int>{45}, std::vector<int>{50, 50}}) {
    Engine engine(insecure(5, {40, 30, 30, 30}, p_bits), kSeed);
    check_sum(engine, {1, 2, 3, 4, 5, 6, 7, 8}, Level(3));
    check_sum(engine, {0, 3, -5, 16}, Level(2));
    check_sum(engine, {0}, Level(1));
    check_sum(engine, {2, 2, 2}, Level(0));
  }
}

TEST(SumRotationsDeathTest, WrongOperandsAreBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Engine engine(insecure(5, {40, 30}, {45}), kSeed);
  const ckks::Ciphertext x = engine.encrypt(Slots(engine.slots()), Level(1), Scale::power_of_two(28));
  const RotationStep step(1);
  EXPECT_DEATH((void)circuits::sum_rotations(engine.ring(), engine.keys(), x, {&step, 1}), "key .* is missing");
  EXPECT_DEATH((void)circuits::sum_rotations(engine.ring(), engine.keys(), x, {}), "no rotations");
}

}  // namespace
}  // namespace obscura::tests
