#include "plan/program/cut.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "plan/program/operation.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/serialize.hpp"
#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/random_program.hpp"
#include "plan/program/testing/tiny_program.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

using testing::branched_program;
using testing::random_program;
using testing::tiny_program;

/// Instruction i takes i + 1 ms.
std::vector<double> rising_ms(const Program& program) {
  std::vector<double> ms(program.instructions.size());
  std::iota(ms.begin(), ms.end(), 1.0);
  return ms;
}

std::vector<CutStage> cut_at(const Program& program, const std::vector<std::size_t>& cuts) {
  auto stages = cut(program, cuts, rising_ms(program));
  EXPECT_TRUE(stages.has_value()) << stages.error().message;
  return stages.value_or(std::vector<CutStage>{});
}

std::vector<Instruction> inputs_of(const Program& stage) {
  std::vector<Instruction> inputs;
  for (const Instruction& instruction : stage.instructions) {
    if (std::holds_alternative<Input>(instruction.operation)) inputs.push_back(instruction);
  }
  return inputs;
}

TEST(Cut, BetweenTheLayersOfAChainPassesOneValue) {
  const Program whole = tiny_program();  // 0,1 inputs, 2 linear, 3 bias | 4 square | 5 linear ... 9 sum
  const auto stages = cut_at(whole, {4, 5});
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[0].program.results, std::vector{ValueId(3)});
  EXPECT_EQ(stages[0].program.stages, (std::vector<Stage>{{"conv1", "Conv"}}));
  EXPECT_EQ(stages[0].program.weights.size(), 5u);

  const Program& square = stages[1].program;
  EXPECT_EQ(square.instructions[0], (Instruction{Input{0}, Level(2), whole.instructions[3].scale, 0}));
  EXPECT_EQ(square.instructions[1], (Instruction{Square{ValueId(0)}, Level(1), whole.instructions[4].scale, 0}));
  EXPECT_EQ(square.results, std::vector{ValueId(1)});
  EXPECT_EQ(square.stages, (std::vector<Stage>{{"square1", "Mul"}}));
  EXPECT_EQ(square.key_needs, (std::vector<KeyNeed>{{KeyKind::kRelinearize, RotationStep(0), Level(2)}}));
  EXPECT_EQ(square.cost.latency_ms, 5.0);
  EXPECT_EQ(square.cost.sealed_bytes, 0u);

  EXPECT_EQ(stages[2].first_weight, 5);
  EXPECT_EQ(weights_of(stages[2].program.instructions[1].operation),
            (std::vector{WeightId(0), WeightId(1), WeightId(2)}));
}

TEST(Cut, PassesWhatAStageDoesNotTouchThroughIt) {
  const Program whole = branched_program();
  // Before the sum of the gate: 1 (a result), 3 (read by the last layer), 4 and 5.
  const auto live = live_at(whole, last_uses(whole), 6);
  EXPECT_EQ(live, (std::vector{ValueId(1), ValueId(3), ValueId(4), ValueId(5)}));
  const auto stages = cut_at(whole, {6, 8});
  const Program& sum = stages[1].program;
  const auto inputs = inputs_of(sum);
  ASSERT_EQ(inputs.size(), 4u);
  EXPECT_EQ(inputs[0].level, Level(4));
  EXPECT_EQ(inputs[1].level, Level(3));
  EXPECT_EQ(inputs[3].level, Level(2));
  EXPECT_NE(inputs[1].scale, inputs[3].scale);
  // Values 1, 3 and 4 go through, the gate is used up, the sum is new.
  EXPECT_EQ(sum.results, (std::vector{ValueId(0), ValueId(1), ValueId(2), ValueId(5)}));
  EXPECT_EQ(stages[2].program.results.size(), whole.results.size());
  EXPECT_EQ(inputs_of(stages[2].program).size(), 4u);
}

TEST(Cut, LeavesBootstrapsAndTheirKeysToTheStagesThatHaveSome) {
  const Program whole = testing::deep_program();
  const std::vector<double> ms(whole.instructions.size(), 1.0);
  const auto stages = cut(whole, std::vector<std::size_t>{5, 8}, ms).value();
  ASSERT_EQ(stages.size(), 3u);
  const auto encapsulates = [](const Program& stage) {
    return std::ranges::any_of(stage.key_needs, [](const KeyNeed& n) { return n.kind >= KeyKind::kEncapsulate; });
  };
  for (const std::size_t i : {0u, 1u, 2u}) {
    EXPECT_EQ(stages[i].program.bootstrap.has_value(), i < 2) << i;
    EXPECT_EQ(encapsulates(stages[i].program), i < 2) << i;
    const auto parsed = parse_stage(serialize(stages[i].program));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(*parsed, stages[i].program);
  }
}

TEST(Cut, NowhereIsTheWholeComputation) {
  const Program whole = branched_program();
  const auto stages = cut_at(whole, {});
  ASSERT_EQ(stages.size(), 1u);
  EXPECT_EQ(stages[0].program.instructions, whole.instructions);
  EXPECT_EQ(stages[0].program.results, whole.results);
  EXPECT_EQ(stages[0].program.key_needs, whole.key_needs);
}

TEST(Cut, TakesLateInputsInTheFirstStageAndLeavesUnreadOnesThere) {
  Program whole = tiny_program();
  whole.input_packing = {3, std::vector<std::int32_t>(3 * 2 * 16, InputPacking::kZero)};
  whole.instructions.push_back({Input{2}, Level(3), Scale::power_of_two(30), 2});
  ASSERT_TRUE(verify(whole).has_value());
  EXPECT_EQ(inputs_of(cut_at(whole, {5})[0].program).size(), 3u);
  EXPECT_EQ(inputs_of(cut_at(whole, {5})[1].program).size(), 1u) << "nobody reads the third input";

  whole.instructions.push_back({Rotate{ValueId(10), RotationStep(1)}, Level(3), Scale::power_of_two(30), 2});
  whole.results.push_back(ValueId(11));
  whole.key_needs = derive_key_needs(whole);
  ASSERT_TRUE(verify(whole).has_value());
  const auto stages = cut_at(whole, {5});
  EXPECT_EQ(stages[0].program.results.size(), 2u);
  EXPECT_EQ(inputs_of(stages[1].program).size(), 2u);
}

TEST(Cut, OfRandomProgramsIsWellFormedAndLosesNothing) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const Program whole = random_program(seed);
    ASSERT_TRUE(verify(whole).has_value()) << verify(whole).error().message;
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1 + seed % 3; i < whole.instructions.size(); i += 1 + seed % 7) cuts.push_back(i);
    std::vector<WeightInfo> weights;
    double ms = 0;
    std::vector<Instruction> passed;  // levels and scales of what the stage before returned
    for (const CutStage& stage : cut_at(whole, cuts)) {
      EXPECT_EQ(stage.first_weight, static_cast<int>(weights.size()));
      weights.insert(weights.end(), stage.program.weights.begin(), stage.program.weights.end());
      ms += stage.program.cost.latency_ms;
      const auto parsed = parse_stage(serialize(stage.program));
      ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
      EXPECT_EQ(*parsed, stage.program);
      EXPECT_FALSE(parse(serialize(stage.program)).has_value()) << "a stage was taken for a whole program";
      const auto inputs = inputs_of(stage.program);
      for (std::size_t i = 0; i < passed.size(); ++i) {
        EXPECT_EQ(inputs.at(i).level, passed[i].level);
        EXPECT_EQ(inputs.at(i).scale, passed[i].scale);
      }
      passed.clear();
      for (const ValueId id : stage.program.results) {
        passed.push_back(stage.program.instructions[static_cast<std::size_t>(id.value())]);
      }
    }
    EXPECT_EQ(weights, whole.weights);
    EXPECT_DOUBLE_EQ(ms, static_cast<double>(whole.instructions.size() * (whole.instructions.size() + 1)) / 2);
  }
}

TEST(Cut, RefusesCutsThatDoNotAscendWithinTheProgram) {
  const Program whole = tiny_program();
  for (const std::vector<std::size_t>& cuts :
       {std::vector<std::size_t>{0}, {10}, {5, 5}, {5, 4}, {3, std::size_t{1} << 40}}) {
    const auto stages = cut(whole, cuts, rising_ms(whole));
    ASSERT_FALSE(stages.has_value());
    EXPECT_EQ(stages.error().code, base::ErrorCode::kUsage);
    EXPECT_NE(stages.error().message.find("cannot be cut"), std::string::npos) << stages.error().message;
  }
}

TEST(VerifyStage, RefusesWhatIsNoStage) {
  const auto refused = [](const std::function<void(Program&)>& damage, const std::string& part) {
    const Program whole = branched_program();
    Program stage = cut(whole, std::vector<std::size_t>{6}, rising_ms(whole)).value()[1].program;
    ASSERT_TRUE(verify_stage(stage).has_value());
    damage(stage);
    const auto verified = verify_stage(stage);
    ASSERT_FALSE(verified.has_value()) << part;
    EXPECT_NE(verified.error().message.find(part), std::string::npos) << verified.error().message;
  };
  refused([](Program& p) { p = branched_program(); }, "network's input");
  refused([](Program& p) { p.input_packing.element.push_back(0); }, "network's input");
  refused([](Program& p) { p.input_spec.mean = {0.5}; }, "network's input");
  refused([](Program& p) { p.outputs = branched_program().outputs; }, "network's scores");
  refused([](Program& p) { p.error.score_maximum = 1; }, "network's scores");
  refused([](Program& p) { p.input_packing.ciphertexts = 5; }, "input ciphertexts");
  refused([](Program& p) { p.key_needs.pop_back(); }, "evaluation keys");
  refused([](Program& p) { p.instructions[1].scale = Scale::power_of_two(31); }, "(rotate)");
}

}  // namespace
}  // namespace obscura::plan::program
