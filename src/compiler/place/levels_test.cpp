#include "compiler/place/levels.hpp"

#include <gtest/gtest.h>

#include "compiler/place/scale_plan.hpp"
#include "plan/program/verify.hpp"

namespace obscura::compiler::place {
namespace {

using namespace plan::program;

/// linear, bias, rotation and sum; square; linear, bias.
Program two_layers() {
  Program program;
  program.stages = {{"a", "linear"}, {"square", "square"}, {"b", "linear"}};
  const auto add = [&](Operation operation, int stage) {
    program.instructions.push_back({std::move(operation), Level(0), Scale(), stage});
    return ValueId(static_cast<int>(program.instructions.size()) - 1);
  };
  const auto weight = [&] {
    program.weights.push_back({Level(0), Scale(), false});
    return WeightId(static_cast<int>(program.weights.size()) - 1);
  };
  const auto linear = [&](ValueId x, int stage) {
    return add(Linear{{x}, {{RotationStep(0), {{0, RotationStep(0), weight()}}}}, false, true}, stage);
  };
  ValueId x = add(Input{0}, 0);
  x = linear(x, 0);
  x = add(AddBias{x, weight()}, 0);
  x = add(Add{x, add(Rotate{x, RotationStep(1)}, 0)}, 0);
  x = add(Square{x}, 1);
  x = linear(x, 2);
  x = add(AddBias{x, weight()}, 2);
  program.results = {x};
  return program;
}

std::vector<int> levels_of(const Program& program) {
  std::vector<int> levels;
  for (const Instruction& instruction : program.instructions) levels.push_back(instruction.level.value());
  return levels;
}

TEST(Levels, EndWhereAsked) {
  Program program = two_layers();
  EXPECT_EQ(assign_levels(program, Ending::kOnePrime), 2);
  EXPECT_EQ(levels_of(program), (std::vector<int>{2, 1, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(assign_levels(program, Ending::kTwoPrimes), 3);
  EXPECT_EQ(levels_of(program), (std::vector<int>{3, 2, 2, 2, 2, 1, 1, 1}));
  EXPECT_EQ(assign_levels(program, Ending::kRescaled), 3);
  EXPECT_EQ(levels_of(program), (std::vector<int>{3, 2, 2, 2, 2, 1, 0, 0}));
  EXPECT_EQ(program.weights[0].level, Level(3));
  EXPECT_EQ(program.weights[1].level, Level(2));
  EXPECT_EQ(program.weights[3].level, Level(0));
}

TEST(Levels, ScalesAreWhatTheVerifierWants) {
  for (const Ending ending : {Ending::kOnePrime, Ending::kTwoPrimes, Ending::kRescaled}) {
    Program program = two_layers();
    const int top = assign_levels(program, ending);
    program.params = {6, std::vector<int>(static_cast<std::size_t>(top) + 1, 40), {45}, fhe::params::Security::k128};
    program.insecure = true;
    const ScalePlan scales = ScalePlan::solve(program);
    ASSERT_EQ(scales.choices(), 3u);
    scales.assign(program, {30, 33, 36});
    program.input_spec.height = program.input_spec.width = 4;
    program.input_packing = {1, std::vector<std::int32_t>(64, 0)};
    program.outputs = {{"scores", {{0, 0}}, 1.0, Finish::kNone}};
    program.key_needs = derive_key_needs(program);
    const auto verified = verify(program);
    EXPECT_TRUE(verified.has_value()) << name_of(ending) << ": " << verified.error().message;
    EXPECT_EQ(program.instructions.back().scale, Scale::power_of_two(36));
  }
}

}  // namespace
}  // namespace obscura::compiler::place
