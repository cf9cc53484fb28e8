#include "fhe/params/bootstrap_rotations.hpp"

#include <gtest/gtest.h>

namespace obscura::fhe::params {
namespace {

using Kind = BootstrapPhase::Kind;

std::vector<RotationStep> steps(const std::vector<int>& values) {
  return {values.begin(), values.end()};
}

/// 8 values in 16 slots: matrices with offsets -3 to 3, by 2 baby steps and Horner's giant step of 2, and of 0 and 4.
const BootstrapLiteral kSmall{.log_slots = 3, .slots_to_coeffs = {2, 1}, .coeffs_to_slots = {1, 2}, .baby_steps = 2};

TEST(BootstrapPhases, NameTheRotationsOfEachMatrixAtItsLevel) {
  EXPECT_EQ(bootstrap_phases(kSmall, 5, Level(9)),
            (std::vector<BootstrapPhase>{{Kind::kSlotsToCoeffs, 0, Level(2), steps({2, 13, 14})},
                                         {Kind::kSlotsToCoeffs, 1, Level(1), steps({4})},
                                         {Kind::kRaise, 0, Level(9), {}},
                                         {Kind::kTrace, 0, Level(9), steps({8})},
                                         {Kind::kCoeffsToSlots, 0, Level(9), steps({4})},
                                         {Kind::kCoeffsToSlots, 1, Level(8), steps({2, 13, 14})},
                                         {Kind::kConjugate, 0, Level(7), {}},
                                         {Kind::kReduce, 0, Level(7), {}}}));
}

TEST(BootstrapRotations, AreThoseOfAllPhasesEachAtItsHighestLevel) {
  const std::map<RotationStep, Level> expected = {{RotationStep(2), Level(8)},
                                                  {RotationStep(4), Level(9)},
                                                  {RotationStep(8), Level(9)},
                                                  {RotationStep(13), Level(8)},
                                                  {RotationStep(14), Level(8)}};
  EXPECT_EQ(bootstrap_rotations(kSmall, 5, Level(9)), expected);
}

}  // namespace
}  // namespace obscura::fhe::params
