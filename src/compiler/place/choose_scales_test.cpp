#include "compiler/place/choose_scales.hpp"

#include <gtest/gtest.h>

#include <random>

#include "plan/program/testing/branched_program.hpp"

namespace obscura::compiler::place {
namespace {

using namespace plan::program;

// Gains of widely different sizes.
Calibration random_calibration(std::size_t instructions) {
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> gain(0, 3);
  Calibration calibration;
  calibration.magnitude.assign(instructions, 1);
  calibration.gains.resize(3);
  for (std::vector<Gain>& score : calibration.gains) {
    for (std::size_t i = 0; i < instructions; ++i) {
      score.push_back({gain(random), gain(random), gain(random), gain(random)});
    }
  }
  return calibration;
}

class Descend : public ::testing::Test {
 protected:
  [[nodiscard]] Prediction predicted(const std::vector<int>& choice) const {
    Program program = program_;
    scales_.assign(program, choice);
    return model_.predict(scale_bits_of(program, params_));
  }

  Program program_ = testing::branched_program({8, false});
  fhe::params::ParamSet params_ = make_params(program_).value();
  Calibration calibration_ = random_calibration(program_.instructions.size());
  ScalePlan scales_ = ScalePlan::solve(program_);
  ErrorModel model_{program_, calibration_, params_, 1};
};

TEST_F(Descend, EndsWhereNoStepIsBetterAndSaysWhatTheModelPredictsThere) {
  for (const int start : {18, 25, 32}) {
    std::vector<int> choice(scales_.choices(), start);
    const double before = objective_of(predicted(choice));
    const Prediction found = descend(ScaleSteps(program_, scales_), model_, params_, choice);
    EXPECT_LT(objective_of(found), before) << "something is to be gained from " << start;
    EXPECT_NEAR(found.log2_sd, predicted(choice).log2_sd, 1e-9);
    EXPECT_NEAR(found.overflow_bits, predicted(choice).overflow_bits, 1e-9);
    for (std::size_t first = 0; first < choice.size(); ++first) {
      for (std::size_t last = first; last < choice.size(); ++last) {
        for (const int by : {-1, 1}) {
          std::vector<int> other = choice;
          for (std::size_t i = first; i <= last; ++i) other[i] += by;
          EXPECT_GE(objective_of(predicted(other)), objective_of(found) - 1e-6) << first << ".." << last << " " << by;
        }
      }
    }
  }
}

}  // namespace
}  // namespace obscura::compiler::place
