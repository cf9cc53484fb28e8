#include "compiler/place/choose_primes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "compiler/place/levels.hpp"
#include "fhe/params/noise.hpp"

namespace obscura::compiler::place {
namespace {

using namespace plan::program;
using fhe::params::ParamSet;
using fhe::params::Security;

/// input, linear, rotation: one of each kind of error, known by heart.
Program one_layer() {
  Program program;
  program.stages = {{"a", "linear"}};
  program.weights = {{Level(0), Scale(), false}};
  program.instructions = {{Input{0}, Level(0), Scale(), 0},
                          {Linear{{ValueId(0)}, {{RotationStep(0), {{0, RotationStep(1), WeightId(0)}}}}, false, true},
                           Level(0), Scale(), 0},
                          {Rotate{ValueId(1), RotationStep(1)}, Level(0), Scale(), 0}};
  program.results = {ValueId(2)};
  assign_levels(program, Ending::kRescaled);
  return program;
}

std::vector<double> bits_at(Program program, const ParamSet& params, const std::vector<int>& choice) {
  ScalePlan::solve(program).assign(program, choice);
  return scale_bits_of(program, params);
}

Calibration unit_calibration(double magnitude) {
  Calibration calibration;
  calibration.magnitude.assign(3, magnitude);
  calibration.gains = {{{1, 0, 0}, {1, 2, 3}, {1, 0, 0}}};
  return calibration;
}

TEST(ErrorModel, AddsUpTheErrorsOfTheNoiseModel) {
  const auto params = ParamSet::create({13, {40, 40}, {45}, Security::k128});
  ASSERT_TRUE(params.has_value());
  const Program program = one_layer();
  const Calibration calibration = unit_calibration(1);
  const ErrorModel model(program, calibration, *params, 4);
  const fhe::params::NoiseModel noise(*params);
  const auto slot = [&](double sd, double bits) {
    return std::pow(noise.slot_from_coefficient(sd, std::exp2(bits)), 2);
  };
  const double q1 = std::log2(static_cast<double>(params->q()[1].value()));
  const double weight_bits = 31 + q1 - 30;
  double expected = slot(noise.encode(), 30) + slot(noise.encrypt_public(Level(1)), 30);
  expected += slot(noise.division_rounding(), 31);
  expected += slot(noise.key_switch(Level(1)), 31 + q1) + slot(noise.division_rounding(), 31 + q1);
  expected += 2 * (slot(noise.encode(), weight_bits) + slot(noise.encrypt_symmetric(), weight_bits));
  expected += 3 * (slot(noise.key_switch(Level(1)), 30) + slot(noise.division_rounding(), 30));
  expected += slot(noise.key_switch(Level(0)), 31) + slot(noise.division_rounding(), 31);
  const Prediction prediction = model.predict(bits_at(program, *params, {30, 31}));
  EXPECT_NEAR(prediction.log2_sd, 0.5 * std::log2(expected), 1e-9);
  EXPECT_EQ(prediction.overflow_bits, 0);
}

TEST(ErrorModel, SeesValuesThatOutgrowTheirModulus) {
  const auto params = ParamSet::create({13, {40, 40}, {45}, Security::k128});
  ASSERT_TRUE(params.has_value());
  const Program program = one_layer();
  const Calibration calibration = unit_calibration(2);
  const ErrorModel model(program, calibration, *params, 4);
  // 2 x 4 x 2^36 is just Q_0 / 2 = 2^39; the level-0 values come twice.
  EXPECT_LT(model.predict(bits_at(program, *params, {30, 36})).overflow_bits, 1e-3);
  EXPECT_NEAR(model.predict(bits_at(program, *params, {30, 38})).overflow_bits, 4, 1e-3);
}

TEST(ChoosePrimes, StaysBelowTheCapAndLosesNothingToAnyNeighbour) {
  const Program program = one_layer();
  const Calibration calibration = unit_calibration(1);
  const PrimeRequest request{12, Security::k128, 2, 1, 2, 4};
  const auto choice = choose_primes(program, ScalePlan::solve(program), calibration, request);
  ASSERT_TRUE(choice.has_value());
  const auto sum = [](const std::vector<int>& bits) { return std::accumulate(bits.begin(), bits.end(), 0); };
  EXPECT_LE(sum(choice->literal.q_bits) + sum(choice->literal.p_bits), fhe::params::max_log_qp(Security::k128, 12));
  const auto params = ParamSet::create(choice->literal);
  ASSERT_TRUE(params.has_value());
  const ErrorModel model(program, calibration, *params, 4);
  EXPECT_NEAR(model.predict(bits_at(program, *params, choice->scales)).log2_sd, choice->log2_sd, 1e-9);
  for (std::size_t i = 0; i < choice->scales.size(); ++i) {
    for (const int by : {-1, 1}) {
      auto scales = choice->scales;
      scales[i] += by;
      const Prediction other = model.predict(bits_at(program, *params, scales));
      EXPECT_TRUE(other.overflow_bits > 0 || other.log2_sd >= choice->log2_sd);
    }
  }
}

TEST(ChoosePrimes, GivesUpWhereNothingFits) {
  const Program program = one_layer();
  EXPECT_FALSE(choose_primes(program, ScalePlan::solve(program), unit_calibration(1), {11, Security::k256, 2, 1, 2, 4})
                   .has_value());
  EXPECT_FALSE(
      choose_primes(program, ScalePlan::solve(program), unit_calibration(1e30), {12, Security::k128, 2, 1, 2, 4})
          .has_value());
}

TEST(ChoosePrimes, HonoursTheNumberOfDigits) {
  const Program program = one_layer();
  const Calibration calibration = unit_calibration(1);
  const auto choice = choose_primes(program, ScalePlan::solve(program), calibration, {13, Security::k128, 2, 2, 1, 4});
  ASSERT_TRUE(choice.has_value());
  const auto params = ParamSet::create(choice->literal);
  EXPECT_EQ(params->digit_count(params->max_level()), 1);
}

}  // namespace
}  // namespace obscura::compiler::place
