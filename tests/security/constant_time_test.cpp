#include <bit>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "fhe/random/sampler.hpp"
#include "fhe/ring/mask_key.hpp"
#include "tests/engine/engine.hpp"
#include "tests/security/leak_meter.hpp"

/// Whether times tell secrets apart, of everything that SECURITY.md says has no branch on them. With
/// OBSCURA_LONG_TESTS, 10^6 measurements of each; else 10^4, which find gross leaks only. A line per function on
/// standard output. The long form of KeyGeneration, PublicKeyEncryption, MaskingOfTheKey and EncodingOfZeros fails on a
/// machine that is idle otherwise: SECURITY.md (Randomness) has what is open, with its figures. By
/// hand:
///
///     OBSCURA_LONG_TESTS=1 build/release/obscura_tests_security --gtest_filter='*ConstantTime*'
namespace obscura::tests {
namespace {

std::size_t measurements() {
  return std::getenv("OBSCURA_LONG_TESTS") != nullptr ? kWholeRun : 10'000;
}

/// A ring on which a measurement takes microseconds. The code has no other paths for larger ones but those of the
/// transforms, which are the same for every value.
constexpr int kLogN = 9;

/// Inputs come from here. Both classes draw as many numbers, with the same steps, into the same place.
class SlowConstantTime : public ::testing::Test {
 protected:
  SlowConstantTime() : engine_(insecure(kLogN, {45, 40}, {45}), 1), small_(engine_.params().degree()) {
    fixed_ = random_slots(engine_.slots(), generator_);
    renew_message(0);
  }

  void expect_no_leak(const Subject& subject) {
    // A leak shows again, with other coins; what noise makes of one test in 10^5 does not.
    if (leaks(measured(subject, subject.name, 7))) {
      EXPECT_FALSE(leaks(measured(subject, subject.name + ", again", 8))) << subject.name;
    }
  }

  static LeakReport measured(const Subject& subject, const std::string& name, std::uint64_t seed) {
    const LeakReport report = measure_leak(subject, measurements(), seed);
    std::puts(describe(name, report).c_str());
    std::fflush(stdout);
    if (measurements() >= kWholeRun) {
      EXPECT_TRUE(leaks(report) || quiet(report)) << name << ": too noisy to tell, run it again on an idle machine";
    }
    return report;
  }

  /// The fixed seed, or a fresh one: by a mask, since a choice of addresses shows in the time of who reads next.
  [[nodiscard]] random::Seed256 seed(int kind) {
    const auto keep = static_cast<std::uint8_t>(-kind);
    random::Seed256 result = seed_of(1);
    for (std::uint8_t& byte : result.bytes) {
      const auto fresh = static_cast<std::uint8_t>(generator_());
      byte = static_cast<std::uint8_t>((byte & ~keep) | (fresh & keep));
    }
    return result;
  }
  void renew_stream(random::Domain domain, int kind) { stream_.emplace(seed(kind), domain, 0); }
  void renew_secret(int kind) {
    secret_.reset();
    secret_.emplace(secret::SecretKey::from_seed(engine_.ring(), seed(kind)));
  }
  /// Numbers from [-1, 1]: the same ones, or others each time.
  void renew_slots(int kind) {
    slots_ = random_slots(engine_.slots(), generator_);
    const std::uint64_t fresh = std::uint64_t{0} - static_cast<std::uint64_t>(kind);
    const auto chosen = [fresh](double fixed, double drawn) {
      return std::bit_cast<double>((std::bit_cast<std::uint64_t>(fixed) & ~fresh) |
                                   (std::bit_cast<std::uint64_t>(drawn) & fresh));
    };
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      slots_[i] = {chosen(fixed_[i].real(), slots_[i].real()), chosen(fixed_[i].imag(), slots_[i].imag())};
    }
  }
  void renew_message(int kind) {
    renew_slots(kind);
    message_.reset();
    message_.emplace(engine_.encoder().encode(slots_, Level(1), scale_));
  }

  Engine engine_;
  Scale scale_ = Scale::power_of_two(30);
  std::mt19937_64 generator_{1};
  std::vector<std::int8_t> small_;
  Slots fixed_;
  Slots slots_;
  std::optional<random::Stream> stream_;
  std::optional<secret::SecretKey> secret_;
  std::optional<ckks::Plaintext> message_;
};

TEST_F(SlowConstantTime, Samplers) {
  expect_no_leak({"ternary, fixed seed and random ones",
                  [this](int kind) { renew_stream(random::Domain::kSecretKey, kind); },
                  [this] { random::ternary(*stream_, small_); }});
  expect_no_leak({"centred binomial, fixed seed and random ones",
                  [this](int kind) { renew_stream(random::Domain::kError, kind); },
                  [this] { random::centred_binomial(*stream_, small_); }});
}

TEST_F(SlowConstantTime, KeyGeneration) {
  random::Seed256 chosen;
  std::optional<secret::SecretKey> made;
  const auto run = [&] { made.emplace(secret::SecretKey::from_seed(engine_.ring(), chosen)); };
  expect_no_leak({"secret key from random seeds in both classes, a control",
                  [&](int) {
                    made.reset();
                    chosen = seed(1);
                  },
                  run});
  expect_no_leak({"secret key from a fixed seed and random ones",
                  [&](int kind) {
                    made.reset();
                    chosen = seed(kind);
                  },
                  run});
}

TEST_F(SlowConstantTime, PublicKeyEncryption) {
  std::optional<ckks::Ciphertext> made;
  const auto run = [&] { made.emplace(ckks::encrypt(engine_.ring(), engine_.public_key(), *message_, *stream_)); };
  expect_no_leak({"encryption under the public key, fixed mask and random ones",
                  [&](int kind) {
                    made.reset();
                    renew_stream(random::Domain::kEphemeral, kind);
                  },
                  run});
  expect_no_leak({"encryption under the public key, fixed message and random ones",
                  [&](int kind) {
                    made.reset();
                    renew_stream(random::Domain::kEphemeral, 1);
                    renew_message(kind);
                  },
                  run});
}

/// The step of public-key encryption that works on mask and message, without the drawing.
TEST_F(SlowConstantTime, MaskingOfTheKey) {
  std::optional<ring::Mask> mask;
  std::optional<ring::PolyPair> made;
  expect_no_leak({"mask times public key, fixed mask and random ones",
                  [&](int kind) {
                    made.reset();
                    renew_stream(random::Domain::kEphemeral, kind);
                    mask.emplace(ring::draw_mask(engine_.params().degree(), *stream_));
                  },
                  [&] {
                    const ckks::PublicKey& key = engine_.public_key();
                    made.emplace(ring::mask_key_and_divide(engine_.ring(), key.b, key.a, *mask, message_->poly()));
                  }});
}

TEST_F(SlowConstantTime, SymmetricEncryption) {
  std::optional<ckks::SeededCiphertext> made;
  expect_no_leak(
      {"encryption under fixed secret and random ones",
       [&](int kind) {
         made.reset();
         renew_secret(kind);
         renew_stream(random::Domain::kError, 1);
       },
       [&] { made.emplace(secret::encrypt_symmetric(engine_.ring(), *secret_, *message_, seed_of(2), 0, *stream_)); }});
}

TEST_F(SlowConstantTime, Decryption) {
  const ckks::Ciphertext ciphertext = engine_.encrypt(random_slots(engine_.slots(), generator_), Level(1), scale_);
  std::optional<ckks::Plaintext> made;
  expect_no_leak({"decryption, fixed secret and random ones",
                  [&](int kind) {
                    made.reset();
                    renew_secret(kind);
                  },
                  [&] { made.emplace(secret::decrypt(engine_.ring(), *secret_, ciphertext)); }});
}

TEST_F(SlowConstantTime, EncodingAndDecoding) {
  Slots decoded;
  std::optional<ckks::Plaintext> encoded;
  expect_no_leak({"encoding, fixed message and random ones",
                  [&](int kind) {
                    encoded.reset();
                    renew_slots(kind);
                  },
                  [&] { encoded.emplace(engine_.encoder().encode(slots_, Level(1), scale_)); }});
  expect_no_leak({"decoding, fixed message and random ones", [this](int kind) { renew_message(kind); },
                  [&] { decoded = engine_.encoder().decode(*message_); }});
}

/// A message that stands out among all. Open: see above.
TEST_F(SlowConstantTime, EncodingOfZeros) {
  std::optional<ckks::Plaintext> encoded;
  fixed_.assign(fixed_.size(), 0.0);
  expect_no_leak({"encoding, message zero and random ones",
                  [&](int kind) {
                    encoded.reset();
                    renew_slots(kind);
                  },
                  [&] { encoded.emplace(engine_.encoder().encode(slots_, Level(1), scale_)); }});
}

}  // namespace
}  // namespace obscura::tests
