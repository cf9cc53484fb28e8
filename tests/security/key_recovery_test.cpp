#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>

#include "deploy/client/open_answer.hpp"
#include "deploy/client/release_count.hpp"
#include "tests/engine/engine.hpp"

/// Key recovery from decryptions: Li, Micciancio, "On the Security of Homomorphic Encryption on Approximate Numbers",
/// EUROCRYPT 2021 (ePrint 2020/1533), section 3. Who knows a ciphertext (c0, c1) and m~ = c0 + c1 s modulo q, error and
/// all, finds s = (m~ - c0) / c1 value by value in evaluation order. Here from what a raw decryption holds, which gives
/// the key away, and from what leaves deploy/client, which does not.
///
/// If m~ is off by d != 0, the attack finds s + d / c1. c1 is uniform and independent of d, so d / c1 is uniform too
/// (but where a value of d or c1 is zero: N in q), and each coefficient, read as ternary, is right with probability
/// 1/3: what guessing gives. The number of right ones among n is binomial, of standard error sqrt(2 n / 9).
namespace obscura::tests {
namespace {

using Values = std::vector<std::uint64_t>;
using deploy::client::Release;

constexpr int kLogN = 10;
constexpr std::size_t kDegree = std::size_t{1} << kLogN;
constexpr int kKeys = 100;
constexpr int kCiphertextsPerKey = 10;
const ring::Basis kOneLimb{1, 0};

/// One key, its ciphertexts, and a program whose scores are the real parts of all slots of one of them: no program
/// releases more of a ciphertext.
class Victim {
 public:
  explicit Victim(std::uint64_t seed, std::uint64_t release_cap = std::uint64_t{1} << 20)
      : engine_(insecure(kLogN, {45, 40}, {45}), seed),
        secret_(secret::SecretKey::from_seed(engine_.ring(), seed_of(seed))),
        scale_(Scale::power_of_two(30)),
        generator_(seed) {
    program_.instructions = {{plan::program::Input{0}, Level(0), scale_, 0}};
    program_.results = {plan::program::ValueId(0)};
    program_.outputs = {{"scores", {}, 1.0, plan::program::Finish::kNone}};
    for (int slot = 0; slot < static_cast<int>(engine_.slots()); ++slot) {
      program_.outputs.front().element.push_back({0, slot});
    }
    const double sd = engine_.noise().slot_from_coefficient(
        std::hypot(engine_.noise().encode(), engine_.noise().encrypt_symmetric()), scale_.value(engine_.params()));
    program_.error = {sd, 14.7 * sd, 4.0};  // 14.7: as plan::program::ErrorStatement says
    const std::string path = ::testing::TempDir() + "obscura_victim_" + std::to_string(::getpid());
    std::filesystem::remove(path);
    EXPECT_TRUE(deploy::client::ReleaseCount::create(path, secret_, {}).has_value());
    count_ = deploy::client::ReleaseCount::open(path, secret_, {}, release_cap).value();
  }

  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] const ring::RingContext& ring() const { return engine_.ring(); }
  [[nodiscard]] const Scale& scale() const { return scale_; }
  [[nodiscard]] ckks::Ciphertext draw_ciphertext() {
    return engine_.encrypt_symmetric(random_slots(engine_.slots(), generator_), Level(0), scale_);
  }
  [[nodiscard]] base::Result<Release> try_release(const ckks::Ciphertext& ciphertext) const {
    return deploy::client::open_answer(engine_.context(), secret_, program_, *count_, {&ciphertext, 1}, {});
  }
  [[nodiscard]] Release release(const ckks::Ciphertext& ciphertext) const { return try_release(ciphertext).value(); }

  /// How many coefficients of the secret somebody finds who takes `message` for the decryption of the ciphertext.
  [[nodiscard]] std::size_t recovered(const ckks::Ciphertext& ciphertext, const ring::EvaluationPoly& message) const {
    return right(quotient(ciphertext, message));
  }
  [[nodiscard]] std::size_t recovered(const ckks::Ciphertext& ciphertext, const Slots& message) const {
    return recovered(ciphertext, engine_.encoder().encode(message, Level(0), scale_).poly());
  }
  /// How many coefficients of the secret are right in a guess of all of it.
  [[nodiscard]] std::size_t right(ring::EvaluationPoly guess) const {
    const Values found = coefficients(std::move(guess));
    const Values secret = coefficients(ring::restrict_to(ring(), secret_.reveal_secret(), kOneLimb));
    std::size_t right = 0;
    for (std::size_t i = 0; i < kDegree; ++i) right += as_ternary(found[i]) == as_ternary(secret[i]) ? 1 : 0;
    return right;
  }

 private:
  [[nodiscard]] const fhe::arith::Modulus& modulus() const { return ring().modulus(kOneLimb, 0); }

  [[nodiscard]] ring::EvaluationPoly quotient(const ckks::Ciphertext& ciphertext,
                                              const ring::EvaluationPoly& message) const {
    const auto c0 = ciphertext.c0().limb(0);
    const auto c1 = ciphertext.c1().limb(0);
    auto result = ring().make<ring::Domain::kEvaluation>(kOneLimb);
    for (std::size_t i = 0; i < kDegree; ++i) {
      const std::uint64_t distance = sub_mod(message.limb(0)[i], c0[i], modulus());
      result.limb(0)[i] = c1[i] == 0 ? 0 : mul_mod(distance, inv_mod(c1[i], modulus()), modulus());
    }
    return result;
  }
  [[nodiscard]] Values coefficients(ring::EvaluationPoly poly) const {
    const ring::CoefficientPoly result = ring::to_coefficient(ring(), std::move(poly));
    return {result.limb(0).begin(), result.limb(0).end()};
  }
  /// -1, 0 and 1 for themselves; the rest, which no secret holds, by thirds: each number for a third of all residues.
  [[nodiscard]] int as_ternary(std::uint64_t residue) const {
    const std::uint64_t q = modulus().value();
    if (residue <= 1) return static_cast<int>(residue);
    if (residue == q - 1) return -1;
    return residue < q / 3 ? 1 : residue < 2 * (q / 3) ? 0 : -1;
  }

  Engine engine_;
  secret::SecretKey secret_;
  Scale scale_;
  std::mt19937_64 generator_;
  plan::program::Program program_;
  std::unique_ptr<deploy::client::ReleaseCount> count_;
};

/// Somebody who is even told the exact imaginary parts, which no release holds.
Slots with_imaginary_parts(const std::vector<double>& real, const Slots& raw) {
  Slots slots;
  for (std::size_t i = 0; i < raw.size(); ++i) slots.emplace_back(real[i], raw[i].imag());
  return slots;
}

/// Five standard errors around what guessing gives.
void expect_guessing(const char* what, std::size_t right, std::size_t all) {
  const auto n = static_cast<double>(all);
  const double errors = (static_cast<double>(right) - n / 3) / std::sqrt(2 * n / 9);
  std::printf("%s: %zu of %zu coefficients of the key, %.4f; %+.2f standard errors from 1/3\n", what, right, all,
              static_cast<double>(right) / n, errors);
  EXPECT_LT(std::abs(errors), 5) << what;
}

TEST(KeyRecovery, ARawDecryptionGivesTheKeyAway) {
  std::size_t right = 0;
  for (int key = 0; key < kKeys; ++key) {
    Victim victim(static_cast<std::uint64_t>(key));
    const ckks::Ciphertext ciphertext = victim.draw_ciphertext();
    right += victim.recovered(ciphertext, victim.engine().decrypt_to_poly(ciphertext));
  }
  std::printf("raw polynomials: %zu of %zu coefficients of %d keys\n", right, kDegree * kKeys, kKeys);
  EXPECT_EQ(right, kDegree * kKeys);
}

/// Decoded numbers of full precision are as good as the polynomial: encoding them again rounds to it.
TEST(KeyRecovery, RawSlotsGiveTheKeyAway) {
  std::size_t right = 0;
  for (int key = 0; key < kKeys; ++key) {
    Victim victim(static_cast<std::uint64_t>(key));
    const ckks::Ciphertext ciphertext = victim.draw_ciphertext();
    right += victim.recovered(ciphertext, victim.engine().decrypt(ciphertext));
  }
  std::printf("raw slots: %zu of %zu coefficients of %d keys\n", right, kDegree * kKeys, kKeys);
  EXPECT_EQ(right, kDegree * kKeys);
}

TEST(KeyRecovery, ReleasedScoresAndLabelsGiveWhatGuessingGives) {
  std::size_t by_scores = 0;
  std::size_t by_labels = 0;
  std::size_t most = 0;
  for (int key = 0; key < kKeys; ++key) {
    Victim victim(static_cast<std::uint64_t>(key));
    for (int i = 0; i < kCiphertextsPerKey; ++i) {
      const ckks::Ciphertext ciphertext = victim.draw_ciphertext();
      const Slots raw = victim.engine().decrypt(ciphertext);
      const Release release = victim.release(ciphertext);
      ASSERT_EQ(release.scores.size(), raw.size());
      ASSERT_NEAR(release.scores.front(), raw.front().real(), release.step / 2);
      const std::size_t right = victim.recovered(ciphertext, with_imaginary_parts(release.scores, raw));
      by_scores += right;
      most = std::max(most, right);
      std::vector<double> one_hot(raw.size());
      one_hot[static_cast<std::size_t>(release.label)] = 1;
      by_labels += victim.recovered(ciphertext, with_imaginary_parts(one_hot, raw));
    }
  }
  constexpr std::size_t kAttacks = std::size_t{kKeys} * kCiphertextsPerKey;
  expect_guessing("rounded scores", by_scores, kAttacks * kDegree);
  expect_guessing("labels", by_labels, kAttacks * kDegree);
  // Seven standard errors: none of 1000 guesses is as lucky but for one run in 10^9.
  EXPECT_LT(static_cast<double>(most), kDegree / 3.0 + 7 * std::sqrt(2 * kDegree / 9.0));
}

/// Opening uses no randomness: a thousand releases of one ciphertext are one release, and their average tells no more.
TEST(KeyRecovery, RepeatedReleasesAreTheSameAndGiveWhatGuessingGives) {
  constexpr int kRepeats = 1000;
  Victim victim(1);
  const ckks::Ciphertext ciphertext = victim.draw_ciphertext();
  const Release first = victim.release(ciphertext);
  std::vector<double> sum(first.scores.size());
  for (int i = 0; i < kRepeats; ++i) {
    const Release again = victim.release(ciphertext);
    ASSERT_EQ(again.scores, first.scores);
    ASSERT_EQ(again.margin, first.margin);
    ASSERT_EQ(again.label, first.label);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += again.scores[j];
  }
  for (double& score : sum) score /= kRepeats;
  EXPECT_EQ(sum, first.scores);  // sums of 1000 multiples of a power of two are exact
  const Slots guess = with_imaginary_parts(sum, victim.engine().decrypt(ciphertext));
  expect_guessing("a thousand releases of one ciphertext", victim.recovered(ciphertext, guess), kDegree);
}

/// What the gate does not withstand: somebody who may alter answers and sees what each altered one releases. A known
/// plaintext added to c0 moves the scores across the places where rounding steps, and one release halves what is
/// unknown about every score at once.
class AlteredAnswers {
 public:
  explicit AlteredAnswers(const Victim& victim) : victim_(victim) {}

  /// Real parts of the slots of a raw decryption, from releases.
  std::vector<double> real_parts(const ckks::Ciphertext& ciphertext) {
    const Release first = released(ciphertext, Slots(victim_.engine().slots()));
    std::vector<double> low;
    std::vector<double> high;
    for (const double score : first.scores) {
      low.push_back(score - first.step / 2);
      high.push_back(score + first.step / 2);
    }
    for (int round = 0; round < kRounds; ++round) halve(ciphertext, low, high);
    std::vector<double> middle;
    for (std::size_t i = 0; i < low.size(); ++i) middle.push_back(std::midpoint(low[i], high[i]));
    return middle;
  }
  [[nodiscard]] int releases() const { return releases_; }

 private:
  /// From the step, below 2^13 units of 1 / scale, to a few units: added plaintexts are themselves rounded to some
  /// sqrt(N / 24) = 6.5 units, so that the last rounds split where chance says.
  static constexpr int kRounds = 40;

  void halve(const ckks::Ciphertext& ciphertext, std::vector<double>& low, std::vector<double>& high) {
    const double step = victim_.release(ciphertext).step;
    Slots wish;
    for (std::size_t i = 0; i < low.size(); ++i) wish.emplace_back(step / 2 - std::midpoint(low[i], high[i]), 0);
    const Slots added = as_added(wish);
    const Release release = released(ciphertext, wish);
    for (std::size_t i = 0; i < low.size(); ++i) {
      const double border = step / 2 - added[i].real();
      if (border <= low[i] || border >= high[i]) continue;
      (release.scores[i] > step / 2 ? low[i] : high[i]) = border;
    }
  }
  /// The slots of a wish after its rounding, which anybody can compute.
  [[nodiscard]] Slots as_added(const Slots& wish) const { return victim_.engine().encoder().decode(plaintext(wish)); }
  [[nodiscard]] ckks::Plaintext plaintext(const Slots& slots) const {
    return victim_.engine().encoder().encode(slots, Level(0), victim_.scale());
  }
  Release released(const ckks::Ciphertext& ciphertext, const Slots& wish) {
    ++releases_;
    const ring::RingContext& ring = victim_.ring();
    return victim_.release({ring::add(ring, ciphertext.c0(), plaintext(wish).poly()),
                            ring::clone(ring, ciphertext.c1()), ciphertext.level(), ciphertext.scale()});
  }

  const Victim& victim_;
  int releases_ = 0;
};

/// Hence the rule of SECURITY.md that nothing from a decryption goes back to who computes.
TEST(KeyRecovery, ReleasesOfAlteredAnswersGiveTheKeyToWhoAltersThem) {
  Victim victim(2);
  const ring::RingContext& ring = victim.ring();
  const ckks::Ciphertext ciphertext = victim.draw_ciphertext();
  const ckks::Ciphertext turned{ring::multiply_by_i(ring, ciphertext.c0()), ring::multiply_by_i(ring, ciphertext.c1()),
                                ciphertext.level(), ciphertext.scale()};
  AlteredAnswers attack(victim);
  const std::vector<double> real = attack.real_parts(ciphertext);
  const std::vector<double> minus_imaginary = attack.real_parts(turned);
  Slots raw;
  for (std::size_t i = 0; i < real.size(); ++i) raw.emplace_back(real[i], -minus_imaginary[i]);
  const std::size_t right = victim.recovered(ciphertext, raw);
  std::printf("%d releases of altered answers: %zu of %zu coefficients\n", attack.releases(), right, kDegree);
  EXPECT_EQ(right, kDegree);
}

/// Nobody need start from an answer: (x, x) decrypts to x + x s without any error, and (x, i x) to x + i x s. Scores of
/// all slots are then all of the key; those of fewer slots are what these hold of it.
TEST(KeyRecovery, TwoReleasesOfMadeUpAnswersGiveTheKey) {
  constexpr double kFactor = 1.0 / 64;  // of scores whose sd is sqrt(N / 3) of it: they stay in range
  Victim victim(3);
  const ring::RingContext& ring = victim.ring();
  const auto& encoder = victim.engine().encoder();
  const ckks::Plaintext factor = encoder.encode(Slots(kDegree / 2, {kFactor, 0}), Level(0), victim.scale());
  const auto released = [&](ring::EvaluationPoly c1) {
    return victim.release({ring::clone(ring, factor.poly()), std::move(c1), Level(0), victim.scale()});
  };
  const Release real = released(ring::clone(ring, factor.poly()));
  const Release turned = released(ring::multiply_by_i(ring, factor.poly()));
  EXPECT_TRUE(real.in_range && turned.in_range) << "nothing looks wrong";
  Slots secret;
  for (std::size_t i = 0; i < real.scores.size(); ++i) {
    secret.emplace_back(real.scores[i] / kFactor - 1, 1 - turned.scores[i] / kFactor);
  }
  const std::size_t right =
      victim.right(ring::clone(ring, encoder.encode(secret, Level(0), Scale::power_of_two(0)).poly()));
  std::printf("2 releases of made-up answers: %zu of %zu coefficients\n", right, kDegree);
  EXPECT_EQ(right, kDegree);
}

/// The cap holds for releases of whatever it is.
TEST(KeyRecovery, ThereIsNoReleaseBeyondTheCap) {
  Victim victim(4, 10);
  const ckks::Ciphertext ciphertext = victim.draw_ciphertext();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(victim.try_release(ciphertext).has_value());
  EXPECT_EQ(victim.try_release(ciphertext).error().code, base::ErrorCode::kUsedUp);
}

}  // namespace
}  // namespace obscura::tests
