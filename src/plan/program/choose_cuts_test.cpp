#include "plan/program/choose_cuts.hpp"

#include <gtest/gtest.h>

#include "plan/program/cut.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/random_program.hpp"
#include "plan/program/testing/tiny_program.hpp"
#include "plan/program/testing/wide_program.hpp"

namespace obscura::plan::program {
namespace {

using testing::random_program;
using testing::tiny_program;
using Cuts = std::vector<std::size_t>;

/// The tiny program with its layers repeated: rotations of one value, `layers` of `each` instructions.
Program row_of_layers(int layers, int each) {
  Program program = tiny_program();
  const Instruction value = program.instructions.back();
  program.stages.resize(3);
  for (int layer = 0; layer < layers; ++layer) {
    program.stages.push_back({"row", "Rotate"});
    for (int i = 0; i < each; ++i) {
      const ValueId operand(static_cast<int>(program.instructions.size()) - 1);
      program.instructions.push_back(
          {Conjugate{operand}, value.level, value.scale, static_cast<int>(program.stages.size()) - 1});
    }
  }
  program.results = {ValueId(static_cast<int>(program.instructions.size()) - 1)};
  program.key_needs = derive_key_needs(program);
  return program;
}

TEST(ChooseCuts, MakesStagesOfEqualTimeBetweenLayers) {
  const Program program = row_of_layers(12, 2);
  std::vector<double> ms(program.instructions.size(), 0.0);
  for (std::size_t i = 10; i < ms.size(); ++i) ms[i] = 10;  // twelve layers of 20 ms behind the tiny program
  EXPECT_EQ(choose_cuts(program, ms, 1).value(), Cuts{});
  EXPECT_EQ(choose_cuts(program, ms, 2).value(), (Cuts{22}));
  EXPECT_EQ(choose_cuts(program, ms, 4).value(), (Cuts{16, 22, 28}));
  ms[10] = ms[11] = 60;  // the first layer takes as long as six others
  EXPECT_EQ(choose_cuts(program, ms, 3).value()[0], 12u);
}

TEST(ChooseCuts, PrefersPlacesThatFewCiphertextsCross) {
  Program program = row_of_layers(10, 1);
  // A value of the fifth layer lives on to the end of the eighth.
  const Instruction value = program.instructions.back();
  program.instructions[17].operation = Add{ValueId(16), ValueId(13)};
  program.key_needs = derive_key_needs(program);
  ASSERT_TRUE(verify(program).has_value());
  std::vector<double> ms(program.instructions.size(), 0.0);
  for (std::size_t i = 10; i < ms.size(); ++i) ms[i] = 100;
  ms[14] = 2;  // cutting before 14 or behind it makes stages whose times differ by less than a twentieth
  EXPECT_EQ(choose_cuts(program, ms, 2).value(), (Cuts{14}));
  program.instructions[17].operation = Conjugate{ValueId(16)};
  program.key_needs = derive_key_needs(program);
  EXPECT_EQ(choose_cuts(program, ms, 2).value(), (Cuts{15})) << "as many bytes anywhere, so the faster one";
}

TEST(ChooseCuts, IsNoWorseThanAnyDivisionOfRandomPrograms) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const Program program = random_program(seed);
    std::vector<double> ms(program.instructions.size());
    for (std::size_t i = 0; i < ms.size(); ++i) ms[i] = 1e3 * static_cast<double>((i * 7 + seed) % 11 + 1);
    const auto slowest = [&](const Cuts& cuts) {
      double most = 0;
      const auto stages = cut(program, cuts, ms).value();
      for (const CutStage& stage : stages) most = std::max(most, stage.program.cost.latency_ms);
      return most;
    };
    const auto chosen = choose_cuts(program, ms, 3);
    ASSERT_TRUE(chosen.has_value()) << chosen.error().message;
    ASSERT_EQ(chosen->size(), 2u);
    const auto starts_layer = [&](std::size_t i) {
      return !std::holds_alternative<Input>(program.instructions[i].operation) &&
             program.instructions[i].stage != program.instructions[i - 1].stage;
    };
    for (std::size_t a = 1; a < ms.size(); ++a) {
      for (std::size_t b = a + 1; b < ms.size(); ++b) {
        // Bytes take less than a millisecond in a ring this small: 6 % is the slack and that.
        if (!starts_layer(a) || !starts_layer(b)) continue;
        EXPECT_LE(slowest(*chosen), 1.06 * slowest({a, b}));
      }
    }
  }
}

TEST(ChooseCuts, RefusesMoreStagesThanLayersAndNone) {
  const Program program = tiny_program();
  const std::vector<double> ms(program.instructions.size(), 1.0);
  EXPECT_EQ(choose_cuts(program, ms, 3).value(), (Cuts{4, 5}));
  for (const std::size_t stages : {std::size_t{0}, std::size_t{4}, std::size_t{1} << 40}) {
    const auto refused = choose_cuts(program, ms, stages);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
    EXPECT_NE(refused.error().message.find("1 to 3"), std::string::npos) << refused.error().message;
  }
}

// 0,1 inputs, 2,3 squares | 4 linear of four giant steps, 5 bias, 6 linear of two, 7 bias | 8 sum, 9 rotation
TEST(CutsBehindBootstraps, AreBehindEachAndNowhereElse) {
  const Program program = testing::deep_program();
  const Cuts cuts = cuts_behind_bootstraps(program);
  EXPECT_EQ(cuts, (Cuts{5, 8}));
  const auto stages = cut(program, cuts, std::vector<double>(program.instructions.size(), 1.0)).value();
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    EXPECT_TRUE(std::holds_alternative<Bootstrap>(stages[i].program.instructions.back().operation)) << i;
  }
  EXPECT_EQ(cuts_behind_bootstraps(tiny_program()), Cuts{});
}

TEST(ChooseShardedCuts, BeginAStageWithTheWidestLayerAndSplitIt) {
  const Program program = testing::wide_program({12});
  std::vector<double> ms(program.instructions.size(), 100.0);
  ms[0] = ms[1] = 0;
  ms[8] = ms[9] = 10;
  EXPECT_EQ(choose_sharded_cuts(program, ms, 2, 4).value(), (ShardedCuts{{4}, {1, 4}}));
  ms[2] = ms[3] = 1;  // in shards with it rather than a stage of their own
  ms[8] = ms[9] = 100;
  EXPECT_EQ(choose_sharded_cuts(program, ms, 2, 4).value(), (ShardedCuts{{8}, {4, 1}}));
  EXPECT_EQ(choose_sharded_cuts(program, ms, 3, 6).value(), (ShardedCuts{{4, 8}, {1, 6, 1}}));
  // In one stage the layer leads too: squares need no weights.
  EXPECT_EQ(choose_sharded_cuts(program, ms, 1, 2).value(), (ShardedCuts{{}, {2}}));
}

TEST(ChooseShardedCuts, CountTheTimeOfTheSlowestShard) {
  const Program program = testing::wide_program({12});
  std::vector<double> ms(program.instructions.size(), 0.0);
  ms[2] = 1'000;
  ms[4] = 3'000;  // as one: 3 s beside 1 s; in four about 1 s
  ms[9] = 2'000;
  // Behind the layer two stages of 1 s and 3 s, or with the layer in four of 1 s and 2 s.
  EXPECT_EQ(choose_sharded_cuts(program, ms, 3, 4).value(), (ShardedCuts{{4, 8}, {1, 4, 1}}));
  const auto two = choose_sharded_cuts(program, ms, 2, 4).value();
  EXPECT_EQ(two, (ShardedCuts{{8}, {4, 1}})) << "squares and a quarter of the layer, then the rotation";
}

TEST(ChooseShardedCuts, RefusesWhatNothingIsWideEnoughFor) {
  const Program program = testing::wide_program();
  const std::vector<double> ms(program.instructions.size(), 1.0);
  const auto refused = choose_sharded_cuts(program, ms, 2, 7);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUsage);
  EXPECT_NE(refused.error().message.find("wide enough for 7 shards"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("6 giant steps"), std::string::npos) << refused.error().message;
  EXPECT_EQ(choose_sharded_cuts(program, ms, 9, 2).error().code, base::ErrorCode::kUsage);
}

}  // namespace
}  // namespace obscura::plan::program
