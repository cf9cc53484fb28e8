#include "fhe/ckks/add.hpp"
#include "fhe/ckks/multiply.hpp"
#include "fhe/ckks/relinearize.hpp"
#include "fhe/ckks/rescale.hpp"
#include "fhe/ckks/rotate.hpp"
#include "tests/engine/engine.hpp"

namespace obscura::tests {
namespace {

constexpr std::uint64_t kSeed = 20240612;

/// Digits of one prime, and digits of two and three.
std::vector<params::ParamSet> rings() {
  std::vector<params::ParamSet> sets;
  sets.push_back(insecure(5, {40, 30, 30, 30}, {45}));
  sets.push_back(insecure(6, {45, 35, 35, 35, 35, 35}, {50, 50}));
  return sets;
}

class Operations : public testing::TestWithParam<int> {
 protected:
  Operations() : engine_(std::move(rings()[static_cast<std::size_t>(GetParam())]), kSeed), random_(kSeed) {
    const Level top = engine_.top();
    engine_.add_relinearization_key(top);
    for (const int step : {1, 3, -2}) engine_.add_rotation_key(step, top);
    engine_.add_key(ckks::conjugation_key_id(log_n()), top);
    a_ = random_slots(engine_.slots(), random_);
    b_ = random_slots(engine_.slots(), random_);
  }
  [[nodiscard]] int log_n() const { return engine_.params().log_n(); }
  [[nodiscard]] double fresh(const Scale& scale) const { return engine_.slot_bound(engine_.fresh_sd(Level(0)), scale); }
  [[nodiscard]] double switched(Level level, const Scale& scale) const {
    const params::NoiseModel& noise = engine_.noise();
    return fresh(scale) + engine_.slot_bound(std::hypot(noise.key_switch(level), noise.division_rounding()), scale);
  }

  Engine engine_;
  std::mt19937_64 random_;
  Slots a_;
  Slots b_;
  const Scale scale_ = Scale::power_of_two(30);
};

TEST_P(Operations, PublicEncryptionAtEveryLevel) {
  for (int level = 0; level <= engine_.top().value(); ++level) {
    const ckks::Ciphertext c = engine_.encrypt(a_, Level(level), scale_);
    EXPECT_EQ(c.level(), Level(level));
    EXPECT_EQ(c.scale(), scale_);
    EXPECT_LT(largest_difference(engine_.decrypt(c), a_), fresh(scale_)) << "level " << level;
  }
}

TEST_P(Operations, SymmetricEncryptionAtEveryLevelAndExtended) {
  const double bound =
      engine_.slot_bound(std::hypot(engine_.noise().encode(), engine_.noise().encrypt_symmetric()), scale_);
  for (int level = 0; level <= engine_.top().value(); ++level) {
    for (const bool extended : {false, true}) {
      const ckks::Ciphertext c = engine_.encrypt_symmetric(a_, Level(level), scale_, extended);
      EXPECT_EQ(c.extended(), extended);
      EXPECT_LT(largest_difference(engine_.decrypt(c), a_), bound) << "level " << level;
    }
  }
}

TEST_P(Operations, SumsAndTurns) {
  const ring::RingContext& ring = engine_.ring();
  const Level level(1);
  const ckks::Ciphertext a = engine_.encrypt(a_, level, scale_);
  const ckks::Ciphertext b = engine_.encrypt(b_, level, scale_);
  const double bound = 2 * fresh(scale_);
  EXPECT_LT(largest_difference(engine_.decrypt(ckks::add(ring, a, b)), map_slots(a_, b_, std::plus<>())), bound);
  EXPECT_LT(largest_difference(engine_.decrypt(ckks::sub(ring, a, b)), map_slots(a_, b_, std::minus<>())), bound);
  EXPECT_LT(largest_difference(engine_.decrypt(ckks::negate(ring, a)), map_slots(a_, std::negate<>())), bound);
  const ckks::Plaintext plain = engine_.encoder().encode(b_, level, scale_);
  EXPECT_LT(largest_difference(engine_.decrypt(ckks::add_plain(ring, a, plain)), map_slots(a_, b_, std::plus<>())),
            bound);
  EXPECT_TRUE(same_words(ckks::clone(ring, a), a));
  for (int power = -4; power <= 4; ++power) {
    const std::complex<double> unit = std::pow(std::complex<double>(0, 1), power);
    const ckks::Ciphertext turned = ckks::multiply_by_i(ring, a, power);
    EXPECT_LT(largest_difference(engine_.decrypt(turned), map_slots(a_, [&](auto z) { return z * unit; })), bound)
        << "i^" << power;
    EXPECT_TRUE(same_words(ckks::multiply_by_i(ring, turned, -power), a)) << "turning is exact";
  }
}

TEST_P(Operations, ProductsAtEveryLevel) {
  const ring::RingContext& ring = engine_.ring();
  const ckks::SwitchingKey& key = engine_.key(ckks::relinearization_key_id());
  const Slots product = map_slots(a_, b_, std::multiplies<>());
  const Slots squares = map_slots(a_, a_, std::multiplies<>());
  for (int l = 1; l <= engine_.top().value(); ++l) {
    const Level level(l);
    const ckks::Ciphertext a = engine_.encrypt(a_, level, scale_);
    const ckks::Ciphertext b = engine_.encrypt(b_, level, scale_);
    const Scale lower = (scale_ * scale_).divided_by_prime(params::PrimeIndex(l));
    // |a|, |b| <= sqrt 2; the product of the errors is far below.
    const double rounding = engine_.slot_bound(engine_.noise().division_rounding(), lower);
    const double switching = engine_.slot_bound(engine_.noise().key_switch(level), scale_ * scale_);
    const double bound = 3 * fresh(scale_) + rounding + switching;
    const ckks::Ciphertext ab = ckks::relinearize_and_rescale(ring, ckks::multiply(ring, a, b), key);
    EXPECT_EQ(ab.level(), Level(l - 1));
    EXPECT_EQ(ab.scale(), lower);
    EXPECT_LT(largest_difference(engine_.decrypt(ab), product), bound) << "level " << l;
    const ckks::Ciphertext aa = ckks::relinearize_and_rescale(ring, ckks::square(ring, a), key);
    EXPECT_LT(largest_difference(engine_.decrypt(aa), squares), bound) << "level " << l;
    const ckks::Ciphertext two_steps = ckks::rescale(ring, ckks::relinearize(ring, ckks::multiply(ring, a, b), key));
    EXPECT_EQ(two_steps.level(), ab.level());
    EXPECT_EQ(two_steps.scale(), ab.scale());
    EXPECT_LT(largest_difference(engine_.decrypt(two_steps), product), bound + rounding) << "level " << l;
    const ckks::Plaintext plain = engine_.encoder().encode(b_, level, scale_);
    const ckks::Ciphertext by_plain = ckks::rescale(ring, ckks::multiply_plain(ring, a, plain));
    EXPECT_EQ(by_plain.scale(), lower);
    EXPECT_LT(largest_difference(engine_.decrypt(by_plain), product), bound) << "level " << l;
  }
}

TEST_P(Operations, SquareIsTheProductWithItself) {
  const ckks::Ciphertext a = engine_.encrypt(a_, engine_.top(), scale_);
  const ckks::ProductCiphertext square = ckks::square(engine_.ring(), a);
  const ckks::ProductCiphertext product = ckks::multiply(engine_.ring(), a, a);
  EXPECT_TRUE(std::ranges::equal(square.d0().words(), product.d0().words()));
  EXPECT_TRUE(std::ranges::equal(square.d1().words(), product.d1().words()));
  EXPECT_TRUE(std::ranges::equal(square.d2().words(), product.d2().words()));
  EXPECT_EQ(square.scale(), product.scale());
}

TEST_P(Operations, DropLevelKeepsMessageAndScale) {
  const ckks::Ciphertext a = engine_.encrypt(a_, engine_.top(), scale_);
  for (int level = 0; level <= engine_.top().value(); ++level) {
    const ckks::Ciphertext dropped = ckks::drop_level(engine_.ring(), a, Level(level));
    EXPECT_EQ(dropped.level(), Level(level));
    EXPECT_EQ(dropped.scale(), scale_);
    EXPECT_LT(largest_difference(engine_.decrypt(dropped), a_), fresh(scale_)) << "level " << level;
  }
}

TEST_P(Operations, RotationsAndConjugationWithKeysOfTheHighestLevel) {
  for (int l = 0; l <= engine_.top().value(); ++l) {
    const Level level(l);
    const ckks::Ciphertext a = engine_.encrypt(a_, level, scale_);
    const ring::Digits digits = ckks::hoist(engine_.ring(), a);
    for (const int step : {1, 3, -2}) {
      const ring::GaloisElement g = ring::galois_of_rotation(RotationStep(step), log_n());
      const ckks::Ciphertext r = ckks::apply_galois(engine_.ring(), a, g, engine_.rotation_key(step));
      EXPECT_EQ(r.level(), level);
      EXPECT_EQ(r.scale(), scale_);
      EXPECT_LT(largest_difference(engine_.decrypt(r), rotated(a_, step)), switched(level, scale_))
          << "level " << l << " step " << step;
      EXPECT_TRUE(same_words(ckks::apply_galois_hoisted(engine_.ring(), a, digits, g, engine_.rotation_key(step)), r));
    }
    const ckks::Ciphertext c = ckks::apply_galois(engine_.ring(), a, ring::galois_of_conjugation(log_n()),
                                                  engine_.key(ckks::conjugation_key_id(log_n())));
    EXPECT_LT(largest_difference(engine_.decrypt(c), map_slots(a_, [](auto z) { return std::conj(z); })),
              switched(level, scale_))
        << "level " << l;
  }
}

TEST_P(Operations, KeysForALowerLevelServeIt) {
  Engine lower(std::move(rings()[static_cast<std::size_t>(GetParam())]), kSeed + 1);
  lower.add_relinearization_key(Level(2));
  lower.add_rotation_key(1, Level(1));
  const ckks::Ciphertext a = lower.encrypt(a_, Level(1), scale_);
  const ckks::Ciphertext r =
      ckks::apply_galois(lower.ring(), a, ring::galois_of_rotation(RotationStep(1), log_n()), lower.rotation_key(1));
  EXPECT_LT(largest_difference(lower.decrypt(r), rotated(a_, 1)), switched(Level(1), scale_));
  const ckks::Ciphertext s =
      ckks::relinearize(lower.ring(), ckks::square(lower.ring(), a), lower.key(ckks::relinearization_key_id()));
  EXPECT_LT(largest_difference(lower.decrypt(s), map_slots(a_, a_, std::multiplies<>())),
            4 * switched(Level(1), scale_));
}

TEST_P(Operations, SeedsNameTheUniformHalves) {
  const ckks::SwitchingKey& key = engine_.rotation_key(3);
  ckks::SeededSwitchingKey seeded{{}, key.seed()};
  for (const ring::EvaluationPoly& b : key.b()) seeded.b.push_back(ring::clone(engine_.ring(), b));
  const ckks::SwitchingKey again = ckks::expand(engine_.ring(), ckks::KeyKind::kGalois, std::move(seeded), key.level());
  ASSERT_EQ(again.a().size(), key.a().size());
  for (std::size_t i = 0; i < key.a().size(); ++i) {
    EXPECT_TRUE(std::ranges::equal(again.a()[i].words(), key.a()[i].words())) << "digit " << i;
  }
  const ckks::PublicKey& whole = engine_.public_key();
  const ckks::PublicKey expanded =
      ckks::expand_public_key(engine_.ring(), ring::clone(engine_.ring(), whole.b), whole.seed);
  EXPECT_TRUE(std::ranges::equal(expanded.a.words(), whole.a.words()));
}

TEST_P(Operations, KeysWhoseUniformHalvesAreForALowerLevelServeIt) {
  const ring::GaloisElement g = ring::galois_of_rotation(RotationStep(3), log_n());
  const ckks::SwitchingKey& whole = engine_.rotation_key(3);
  for (int level = 0; level <= engine_.top().value(); ++level) {
    ckks::SeededSwitchingKey seeded{{}, whole.seed()};
    for (const ring::EvaluationPoly& b : whole.b()) seeded.b.push_back(ring::clone(engine_.ring(), b));
    const ckks::SwitchingKey key =
        ckks::expand(engine_.ring(), ckks::KeyKind::kGalois, std::move(seeded), Level(level));
    EXPECT_EQ(key.level(), Level(level));
    const ckks::Ciphertext a = engine_.encrypt(a_, Level(level), scale_);
    EXPECT_TRUE(
        same_words(ckks::apply_galois(engine_.ring(), a, g, key), ckks::apply_galois(engine_.ring(), a, g, whole)));
    const ring::Digits digits = ckks::hoist(engine_.ring(), a);
    EXPECT_TRUE(same_words(ckks::apply_galois_hoisted(engine_.ring(), a, digits, g, key),
                           ckks::apply_galois(engine_.ring(), a, g, whole)));
  }
}

TEST_P(Operations, WrongOperandsAreBugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ring::RingContext& ring = engine_.ring();
  const ckks::Ciphertext a = engine_.encrypt(a_, Level(1), scale_);
  const ckks::Ciphertext bottom = engine_.encrypt(a_, Level(0), scale_);
  const ckks::Ciphertext other = engine_.encrypt(a_, Level(1), Scale::power_of_two(29));
  EXPECT_DEATH((void)ckks::add(ring, a, bottom), "different levels");
  EXPECT_DEATH((void)ckks::add(ring, a, other), "different scales");
  EXPECT_DEATH((void)ckks::multiply(ring, a, bottom), "different levels");
  EXPECT_DEATH((void)ckks::rescale(ring, bottom), "no level is left");
  EXPECT_DEATH((void)ckks::drop_level(ring, bottom, Level(1)), "not won");
}

INSTANTIATE_TEST_SUITE_P(Rings, Operations, testing::Values(0, 1));

}  // namespace
}  // namespace obscura::tests
