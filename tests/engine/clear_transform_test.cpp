#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ckks/condense.hpp"
#include "tests/engine/engine.hpp"

/// What linear transforms take only with clear diagonals: Horner's rule, and condensed diagonals.
namespace obscura::tests {
namespace {

namespace circuits = fhe::circuits;

constexpr std::uint64_t kSeed = 20261126;
constexpr int kBabies = 4;

/// Diagonals 0 .. 15 of a matrix, each with its own period.
struct Matrix {
  std::vector<Slots> diagonals;
  std::vector<int> periods;

  [[nodiscard]] Slots apply(const Slots& x) const {
    Slots y(x.size());
    for (std::size_t k = 0; k < diagonals.size(); ++k) {
      const Slots r = rotated(x, static_cast<int>(k));
      for (std::size_t j = 0; j < y.size(); ++j) y[j] += diagonals[k][j] * r[j];
    }
    return y;
  }
};

Matrix make_matrix(std::size_t slots, std::mt19937_64& generator) {
  Matrix matrix;
  for (int k = 0; k < 4 * kBabies; ++k) {
    const std::size_t period = std::min(slots, std::size_t{1} << (k % 7));
    const Slots part = random_slots(period, generator);
    Slots diagonal(slots);
    for (std::size_t j = 0; j < slots; ++j) diagonal[j] = part[j % period];
    matrix.diagonals.push_back(std::move(diagonal));
    matrix.periods.push_back(static_cast<int>(period));
  }
  return matrix;
}

/// The same matrix with giants 0, 4, 8, 12, or by Horner's rule with one giant.
circuits::LinearTransform transform_of(const Matrix& matrix, bool horner, bool extended) {
  circuits::LinearTransform transform;
  transform.extended = extended;
  transform.horner = horner;
  for (int g = 3; g >= 0; --g) {
    circuits::GiantStep step{RotationStep(horner ? (g > 0 ? kBabies : 0) : g * kBabies), {}};
    for (int b = 0; b < kBabies; ++b) {
      step.terms.push_back({0, RotationStep(b), static_cast<std::size_t>(g * kBabies + b)});
    }
    transform.steps.push_back(std::move(step));
  }
  EXPECT_EQ(transform.steps.size() * kBabies, matrix.diagonals.size());
  return transform;
}

class ClearTransform : public testing::Test {
 protected:
  ClearTransform() : engine_(insecure(7, {45, 35, 35, 35}, {50, 50}), kSeed), random_(kSeed) {
    for (const int step : {1, 2, 3, 4, 8, 12}) engine_.add_rotation_key(step, level_);
    matrix_ = make_matrix(engine_.slots(), random_);
    x_ = random_slots(engine_.slots(), random_);
  }

  ckks::Ciphertext run(const ckks::Ciphertext& x, const circuits::LinearTransform& transform, bool condensed) {
    std::vector<ckks::Plaintext> diagonals;
    for (std::size_t k = 0; k < matrix_.diagonals.size(); ++k) {
      // Already rotated back by the giant step.
      const int giant = static_cast<int>(k) / kBabies * kBabies;
      ckks::Plaintext full =
          engine_.encoder().encode(rotated(matrix_.diagonals[k], -giant), level_, weight_, transform.extended);
      diagonals.push_back(condensed ? ckks::condense(engine_.ring(), full, matrix_.periods[k]) : std::move(full));
    }
    const ckks::Ciphertext* const inputs[] = {&x};
    const circuits::ClearDiagonals source = [&](std::size_t i) -> const ckks::Plaintext& { return diagonals[i]; };
    return circuits::apply(engine_.ring(), engine_.keys(), transform, inputs, source, true);
  }

  /// Per term the rotated input's error times the diagonal and the other way round, each at most sqrt 2 in a slot;
  /// per giant step a key switch whose error later rotations only move; one rescale.
  double bound() const {
    const params::NoiseModel& noise = engine_.noise();
    const double switching = std::hypot(noise.key_switch(level_), noise.division_rounding());
    const double input = std::hypot(engine_.fresh_sd(level_), switching) * weight_.value(engine_.params());
    const double diagonal = noise.encode() * scale_.value(engine_.params());
    const double terms = 2.0 * 4 * kBabies * (input * input + diagonal * diagonal);
    const Scale out = (scale_ * weight_).divided_by_prime(params::PrimeIndex(level_.value()));
    const double prime = (scale_ * weight_ / out).value(engine_.params());
    return engine_.slot_bound(
        std::hypot(std::sqrt(terms + 4 * switching * switching) / prime, noise.division_rounding()), out);
  }

  Level level_{2};
  Scale scale_ = Scale::power_of_two(32);
  Scale weight_ = Scale::power_of_two(34);
  Engine engine_;
  std::mt19937_64 random_;
  Matrix matrix_;
  Slots x_;
};

TEST_F(ClearTransform, HornersRuleGivesTheSameMatrix) {
  const ckks::Ciphertext x = engine_.encrypt(x_, level_, scale_);
  const Slots expected = matrix_.apply(x_);
  for (const bool horner : {false, true}) {
    const ckks::Ciphertext y = run(x, transform_of(matrix_, horner, true), false);
    EXPECT_LT(largest_difference(engine_.decrypt(y), expected), bound()) << "horner " << horner;
  }
}

TEST_F(ClearTransform, HornersRuleMayEndWithARotation) {
  const ckks::Ciphertext x = engine_.encrypt(x_, level_, scale_);
  circuits::LinearTransform transform = transform_of(matrix_, true, true);
  transform.steps.back().giant = RotationStep(8);
  EXPECT_LT(largest_difference(engine_.decrypt(run(x, transform, false)), rotated(matrix_.apply(x_), 8)), bound());
}

TEST_F(ClearTransform, CondensedDiagonalsGiveTheSameWords) {
  const ckks::Ciphertext x = engine_.encrypt(x_, level_, scale_);
  for (const bool horner : {false, true}) {
    const circuits::LinearTransform transform = transform_of(matrix_, horner, true);
    EXPECT_TRUE(same_words(run(x, transform, false), run(x, transform, true))) << "horner " << horner;
  }
  const circuits::LinearTransform plain = transform_of(matrix_, false, false);
  EXPECT_TRUE(same_words(run(x, plain, false), run(x, plain, true)));
}

TEST_F(ClearTransform, ACondensedPlaintextKeepsOneOfEachRun) {
  const ckks::Plaintext full = engine_.encoder().encode(matrix_.diagonals[3], level_, weight_);
  const ckks::Plaintext condensed = ckks::condense(engine_.ring(), full, matrix_.periods[3]);
  EXPECT_EQ(condensed.poly().degree(), 2 * matrix_.periods[3]);
  EXPECT_EQ(condensed.level(), full.level());
  EXPECT_EQ(condensed.scale(), full.scale());
  const std::size_t run = engine_.slots() / static_cast<std::size_t>(matrix_.periods[3]);
  for (int limb = 0; limb < full.poly().limbs(); ++limb) {
    for (std::size_t i = 0; i < full.poly().limb(limb).size(); ++i) {
      ASSERT_EQ(full.poly().limb(limb)[i], condensed.poly().limb(limb)[i / run]);
    }
  }
}

using ClearTransformDeathTest = ClearTransform;
TEST_F(ClearTransformDeathTest, HornersRuleNeedsExtendedDiagonals) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ckks::Ciphertext x = engine_.encrypt(x_, level_, scale_);
  EXPECT_DEATH((void)run(x, transform_of(matrix_, true, false), false), "extended clear diagonals");
  const ckks::Plaintext full = engine_.encoder().encode(matrix_.diagonals[0], level_, weight_);
  EXPECT_DEATH((void)ckks::condense(engine_.ring(), full, 3), "power of two");
}

}  // namespace
}  // namespace obscura::tests
