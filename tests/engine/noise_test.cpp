#include <cstdio>

#include "tests/engine/noise_measurement.hpp"

namespace obscura::tests {
namespace {

constexpr std::uint64_t kSeed = 20240614;
constexpr double kToleranceBits = 0.5;

void expect_agreement(const std::function<params::ParamSet()>& params, int trials) {
  const NoiseTable table = measure_noise(params, trials, kSeed);
  std::printf("%-48s %12s %12s %7s   (seed %llu)\n", "operation", "predicted", "measured", "bits",
              static_cast<unsigned long long>(kSeed));
  for (const auto& [operation, row] : table) {
    std::printf("%-48s %12.4e %12.4e %+7.3f\n", operation.c_str(), row.predicted, row.measured(), row.bits());
    EXPECT_LT(std::abs(row.bits()), kToleranceBits) << operation;
  }
}

params::ParamSet secure(int log_n, std::vector<int> q_bits, std::vector<int> p_bits, params::Security security) {
  return params::ParamSet::create({log_n, std::move(q_bits), std::move(p_bits), security}).value();
}

TEST(Noise, ModelHoldsOnASmallRing) {
  expect_agreement([] { return insecure(8, {27, 27, 29, 29}, {37}); }, 50);
}

TEST(Noise, ModelHoldsWithDigitsOfSeveralPrimes) {
  expect_agreement([] { return insecure(8, {40, 40, 40, 40, 40}, {45, 45}); }, 50);
}

TEST(NoiseSlow, DigitModel) {
  expect_agreement([] { return secure(13, {27, 27, 29, 29, 29, 29}, {37}, params::Security::k128); }, 200);
}

TEST(NoiseSlow, SevenPrimes) {
  expect_agreement([] { return secure(14, {40, 40, 40, 40, 40, 40, 40}, {45, 45}, params::Security::k128); }, 200);
}

TEST(NoiseSlow, DigitModelAt192Bits) {
  expect_agreement([] { return secure(14, {27, 27, 29, 29, 29, 29}, {37}, params::Security::k192); }, 200);
}

}  // namespace
}  // namespace obscura::tests
