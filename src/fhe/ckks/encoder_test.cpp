#include "fhe/ckks/encoder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "fhe/ckks/context.hpp"
#include "fhe/ring/arithmetic.hpp"

namespace obscura::fhe::ckks {
namespace {

using Slots = std::vector<std::complex<double>>;
constexpr std::uint64_t kSeed = 20240611;

std::unique_ptr<Context> make_context(int log_n, std::vector<int> q_bits = {40, 30, 30}) {
  auto params = params::ParamSet::create_insecure({{log_n, std::move(q_bits), {50}, params::Security::k128}});
  return Context::create(std::move(params).value(), {}).value();
}

Slots random_slots(std::size_t count, std::mt19937_64& random) {
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  Slots slots(count);
  for (std::complex<double>& slot : slots) slot = {draw(random), draw(random)};
  return slots;
}

double largest_difference(const Slots& a, const Slots& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

/// Slot j of integer coefficients, by the definition: the value at zeta^(5^j).
Slots evaluate(const std::vector<std::int64_t>& coefficients, double scale) {
  const std::size_t degree = coefficients.size();
  Slots slots(degree / 2);
  std::size_t power = 1;
  for (std::complex<double>& slot : slots) {
    std::complex<long double> sum = 0;
    for (std::size_t k = 0; k < degree; ++k) {
      const long double angle = std::numbers::pi_v<long double> * static_cast<long double>(power * k % (2 * degree)) /
                                static_cast<long double>(degree);
      sum += static_cast<long double>(coefficients[k]) * std::complex<long double>(std::cos(angle), std::sin(angle));
    }
    slot = std::complex<double>(sum / static_cast<long double>(scale));
    power = power * 5 % (2 * degree);
  }
  return slots;
}

// The rounding of N coefficients moves a slot by at most N / 2.
double rounding_bound(int log_n, double scale) {
  return std::ldexp(0.5, log_n) / scale;
}

TEST(Encoder, AgreesWithTheDefinition) {
  std::mt19937_64 random(kSeed);
  for (int log_n = 4; log_n <= 10; ++log_n) {
    const auto context = make_context(log_n);
    const Slots slots = random_slots(static_cast<std::size_t>(context->params().slots()), random);
    const double scale = 0x1p40;
    const auto coefficients = context->encoder().encode_coefficients(slots, scale);
    EXPECT_LT(largest_difference(evaluate(coefficients, scale), slots), rounding_bound(log_n, scale)) << log_n;
  }
}

TEST(Encoder, DecodesWhatItEncodedAtEveryLevel) {
  std::mt19937_64 random(kSeed + 1);
  for (const int log_n : {4, 5, 10, 13}) {
    const auto context = make_context(log_n);
    const Slots slots = random_slots(static_cast<std::size_t>(context->params().slots()), random);
    for (const bool extended : {false, true}) {
      for (int level = 0; level <= 2; ++level) {
        const auto scale = params::Scale::power_of_two(level == 0 ? 30 : 45);
        const Plaintext plain = context->encoder().encode(slots, params::Level(level), scale, extended);
        EXPECT_EQ(plain.level(), params::Level(level));
        EXPECT_EQ(plain.scale(), scale);
        EXPECT_EQ(plain.poly().basis().p_count, extended ? 1 : 0);
        EXPECT_LT(largest_difference(context->encoder().decode(plain), slots),
                  rounding_bound(log_n, scale.value(context->params())))
            << "log_n " << log_n << " level " << level;
      }
    }
  }
}

TEST(Encoder, DecodesTheCoefficientsThemselves) {
  const auto context = make_context(5, {50, 35, 35});
  std::mt19937_64 random(kSeed + 2);
  // Up to the largest that two limbs hold, of both signs, and in both orders of prime sizes.
  for (const std::int64_t bound : {1L, 1L << 20, 1L << 49, 1L << 60}) {
    std::uniform_int_distribution<std::int64_t> draw(-bound, bound);
    std::vector<std::int64_t> coefficients(32);
    for (std::int64_t& c : coefficients) c = draw(random);
    const auto scale = params::Scale::power_of_two(10);
    const Plaintext plain(ring::from_signed(context->ring(), coefficients, {3, 0}), params::Level(2), scale);
    const Slots expected = evaluate(coefficients, 1024);
    double size = 0;
    for (const auto& slot : expected) size = std::max(size, std::abs(slot));
    EXPECT_LT(largest_difference(context->encoder().decode(plain), expected), size * 0x1p-45) << bound;
  }
}

TEST(Encoder, MissingSlotsAreZero) {
  const auto context = make_context(6);
  const Slots few = {{1.0, -1.0}, {0.5, 0.25}};
  const Plaintext plain = context->encoder().encode(few, params::Level(1), params::Scale::power_of_two(40));
  Slots expected = few;
  expected.resize(32);
  EXPECT_LT(largest_difference(context->encoder().decode(plain), expected), rounding_bound(6, 0x1p40));
}

TEST(EncoderDeathTest, RefusesWhatDoesNotFit) {
  const auto context = make_context(4);
  const Encoder& encoder = context->encoder();
  EXPECT_DEATH((void)encoder.encode_coefficients(Slots(9), 1.0), "more values than slots");
  EXPECT_DEATH((void)encoder.encode_coefficients(Slots{{std::nan(""), 0.0}}, 1.0), "not finite");
  EXPECT_DEATH((void)encoder.encode_coefficients(Slots(8, 1.0), 0x1p63), "too large for its scale");
  EXPECT_DEATH((void)encoder.encode(Slots(8), params::Level(3), params::Scale::power_of_two(9)), "outside the chain");
}

}  // namespace
}  // namespace obscura::fhe::ckks
