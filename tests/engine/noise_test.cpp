#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>

#include "tests/engine/noise_measurement.hpp"

namespace obscura::tests {
namespace {

constexpr std::uint64_t kSeed = 20240614;
/// How far the model may be from the truth.
constexpr double kModelBits = 0.25;

/// How far a measured deviation may be from the true one. A deviation over keys and slots of errors that contain
/// products with the secret s goes with |s|^2 and, for s^2, with |s|^4. Over n coefficients, uniform in {-1, 0, 1},
/// |s|^2 has the relative deviation 1 / sqrt(2 n) and |s|^4 twice that; a standard deviation has half of that of its
/// square. Five deviations of the mean over the keys. What the number of slots adds is smaller by the root of the
/// trials.
double chance_bits(int degree, const NoiseRun& run) {
  const double relative = 0.5 * 2 / std::sqrt(2.0 * degree * run.keys);
  return 5 * relative * std::numbers::log2e;
}

void expect_agreement(const std::function<params::ParamSet()>& params, const NoiseRun& run) {
  const NoiseTable table = measure_noise(params, run);
  const double limit = kModelBits + chance_bits(params().degree(), run);
  std::printf("%-48s %12s %12s %7s   (seed %llu, %d trials, limit %.3f)\n", "operation", "predicted", "measured",
              "bits", static_cast<unsigned long long>(run.seed), run.trials(), limit);
  for (const auto& [operation, row] : table) {
    std::printf("%-48s %12.4e %12.4e %+7.3f\n", operation.c_str(), row.predicted, row.measured(), row.bits());
    EXPECT_LT(std::abs(row.bits()), limit) << operation;
  }
}

/// 1,000 trials of each operation where OBSCURA_LONG_TESTS is set.
NoiseRun real_run() {
  return std::getenv("OBSCURA_LONG_TESTS") != nullptr ? NoiseRun{20, 50, kSeed} : NoiseRun{4, 10, kSeed};
}

params::ParamSet secure(int log_n, std::vector<int> q_bits, std::vector<int> p_bits, params::Security security) {
  return params::ParamSet::create({log_n, std::move(q_bits), std::move(p_bits), security}).value();
}

TEST(Noise, ModelHoldsOnASmallRing) {
  expect_agreement([] { return insecure(8, {27, 27, 29, 29}, {37}); }, {10, 5, kSeed});
}

TEST(Noise, ModelHoldsWithDigitsOfSeveralPrimes) {
  expect_agreement([] { return insecure(8, {40, 40, 40, 40, 40}, {45, 45}); }, {10, 5, kSeed});
}

TEST(NoiseSlow, DigitModel) {
  expect_agreement([] { return secure(13, {27, 27, 29, 29, 29, 29}, {37}, params::Security::k128); }, real_run());
}

TEST(NoiseSlow, SevenPrimes) {
  expect_agreement(
      [] {
        return secure(14, {40, 40, 40, 40, 40, 40, 40}, {45, 45}, params::Security::k128);
      },
      real_run());
}

TEST(NoiseSlow, DigitModelAt192Bits) {
  expect_agreement([] { return secure(14, {27, 27, 29, 29, 29, 29}, {37}, params::Security::k192); }, real_run());
}

}  // namespace
}  // namespace obscura::tests
