#include "compiler/place/error_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fhe/params/bootstrap_error.hpp"
#include "fhe/params/noise.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"

namespace obscura::compiler::place {
namespace {

using namespace plan::program;

/// The branched program with gains of one where they are asked for.
class BranchedErrors : public ::testing::Test {
 protected:
  BranchedErrors() {
    calibration_.magnitude.assign(program_.instructions.size(), 0.5);
    calibration_.gains.assign(1, std::vector<Gain>(program_.instructions.size()));
    for (const Instruction& instruction : program_.instructions) bits_.push_back(instruction.scale.log2(params_));
  }
  [[nodiscard]] double log2_prime(int level) const {
    return std::log2(static_cast<double>(params_.q()[static_cast<std::size_t>(level)].value()));
  }
  [[nodiscard]] double in_slots(double sd, double bits) const {
    return std::pow(noise_.slot_from_coefficient(sd, std::exp2(bits)), 2);
  }
  [[nodiscard]] double switching(int level, double bits) const {
    return in_slots(noise_.key_switch(Level(level)), bits) + in_slots(noise_.division_rounding(), bits);
  }
  [[nodiscard]] ErrorModel model() const { return {program_, calibration_, params_, 1}; }

  Program program_ = testing::branched_program({8, false});
  fhe::params::ParamSet params_ = make_params(program_).value();
  fhe::params::NoiseModel noise_{params_};
  Calibration calibration_;
  std::vector<double> bits_;  ///< log2 of the scales that stand
};

TEST_F(BranchedErrors, OfEachInstructionAreMadeAtItsLevelOfWork) {
  const auto made = model().sources(bits_);
  // multiply(%3, %0) relinearises modulo Q_3 at the product of the scales, and rounds once more.
  EXPECT_NEAR(made[5].result / (switching(3, bits_[3] + bits_[0]) + in_slots(noise_.division_rounding(), bits_[5])), 1,
              1e-9);
  // A square is a product with itself.
  EXPECT_NEAR(made[4].result / (switching(3, 2 * bits_[3]) + in_slots(noise_.division_rounding(), bits_[4])), 1, 1e-9);
  // change_scale(%5): the rounding of the division, and of an integer of q_2 S_out / S_in.
  EXPECT_NEAR(made[6].result / in_slots(noise_.division_rounding(), bits_[6]), 1, 1e-9);
  EXPECT_NEAR(0.5 * std::log2(12 * made[6].relative), -(log2_prime(2) + bits_[6] - bits_[5]), 1e-9);
  // rotate(%3) at level 2, though %3 is at level 3; sums make no error.
  EXPECT_NEAR(made[9].result / switching(2, bits_[3]), 1, 1e-9);
  EXPECT_EQ(made[7].result, 0);
}

TEST_F(BranchedErrors, AreWeighedWithTheirGains) {
  const auto made = model().sources(bits_);
  calibration_.gains[0][5] = {2, 0, 0, 0};
  calibration_.gains[0][6] = {0, 0, 0, 5};
  const Prediction prediction = model().predict(bits_);
  EXPECT_NEAR(std::exp2(2 * prediction.log2_sd) / (2 * made[5].result + 5 * made[6].relative), 1, 1e-9);
  EXPECT_EQ(prediction.overflow_bits, 0);
}

TEST_F(BranchedErrors, OverflowWhereAnOperandIsDroppedTooFar) {
  // %4, of log2(S_4) bits, is added at level 1 of 75 bits; nothing at level 2 of 105 bits is too large.
  std::vector<double> bits = bits_;
  EXPECT_EQ(model().predict(bits).overflow_bits, 0);
  calibration_.magnitude[4] = std::exp2(80 - bits[4] - 1);
  EXPECT_NEAR(model().predict(bits).overflow_bits, 2 * (80 - log2_prime(0) - log2_prime(1)), 1e-6)
      << "read at level 1 by the sum and by the transform";
  calibration_.magnitude[4] = 0.5;
  bits[6] = bits[5] - log2_prime(2) + 15;
  EXPECT_NEAR(model().predict(bits).overflow_bits, 1, 1e-6) << "an integer of 15 bits where 16 are due";
}

TEST_F(BranchedErrors, OverflowWhereAScaleReachesTheModulusHoweverSmallTheValues) {
  std::vector<double> bits = bits_;
  calibration_.magnitude[11] = 1e-9;
  bits[11] = log2_prime(0) + log2_prime(1) + 1;  // a result at level 1
  EXPECT_GE(model().predict(bits).overflow_bits, 1);
}

// The model reckons with whole bits of the scales: those of the program's bootstraps are such at their inputs, to a
// hundredth of a bit, since primes are close to powers of two.
TEST(ErrorModel, BootstrapsMakeTheErrorThatTheirParametersSay) {
  const Program program = testing::deep_program({.real = true});
  const auto params = make_params(program).value();
  const auto bootstrap = fhe::params::BootstrapParams::create(params, *program.bootstrap).value();
  Calibration calibration;
  calibration.magnitude.assign(program.instructions.size(), 0.5);
  calibration.gains.assign(1, std::vector<Gain>(program.instructions.size()));
  const auto made = ErrorModel(program, calibration, params, 1).sources(scale_bits_of(program, params));
  const Scale range = Scale::power_of_two(testing::kDeepRangeBits);
  for (const std::size_t i : {std::size_t{4}, std::size_t{7}}) {
    const Scale& out = program.instructions[i].scale;
    const auto operand = static_cast<std::size_t>(operands_of(program.instructions[i].operation).front().value());
    const Scale& in = program.instructions[operand].scale;
    const double noise = fhe::params::bootstrap_noise_sd(params, bootstrap, in * range, out * range);
    const double expected = std::pow(noise, 2) + std::pow(fhe::params::bootstrap_bias(bootstrap, 1), 2) +
                            std::pow(fhe::params::bootstrap_truncation(bootstrap), 2);
    EXPECT_NEAR(0.5 * std::log2(made[i].result / expected), testing::kDeepRangeBits, 0.02) << i;
  }
}

}  // namespace
}  // namespace obscura::compiler::place
