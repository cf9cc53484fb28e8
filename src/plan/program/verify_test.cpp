#include "plan/program/verify.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "plan/program/limits.hpp"
#include "plan/program/testing/tiny_program.hpp"

namespace obscura::plan::program {
namespace {

using testing::tiny_program;

template <class T>
T& operation(Program& program, std::size_t index) {
  return std::get<T>(program.instructions[index].operation);
}

void expect_refused(const std::string& part_of_message, const std::function<void(Program&)>& damage,
                    base::ErrorCode code = base::ErrorCode::kCorrupt) {
  Program program = tiny_program();
  damage(program);
  const auto verified = verify(program);
  ASSERT_FALSE(verified.has_value()) << "accepted, expected: " << part_of_message;
  EXPECT_EQ(verified.error().code, code) << verified.error().message;
  EXPECT_NE(verified.error().message.find(part_of_message), std::string::npos) << verified.error().message;
}

TEST(Verify, AcceptsTheTinyProgram) {
  for (const bool extended : {false, true}) {
    const auto verified = verify(tiny_program({5, extended}));
    EXPECT_TRUE(verified.has_value()) << verified.error().message;
  }
}

TEST(Verify, RefusesInsecureParametersThatAreNotMarked) {
  expect_refused(
      "ring degree", [](Program& p) { p.insecure = false; }, base::ErrorCode::kUnsupported);
}

TEST(Verify, RefusesLevelsAndScalesThatTheOperationDoesNotYield) {
  expect_refused("instruction 2 (linear)", [](Program& p) { p.instructions[2].level = Level(1); });
  expect_refused("instruction 2 (linear)",
                 [](Program& p) { p.instructions[2].scale = p.instructions[2].scale * Scale::power_of_two(1); });
  expect_refused("instruction 4 (square)", [](Program& p) {
    p.instructions[4].scale = p.instructions[4].scale.times_prime(fhe::params::PrimeIndex(1));
  });
  expect_refused("instruction 6 (rotate)", [](Program& p) { p.instructions[6].level = Level(0); });
  expect_refused("outside the chain", [](Program& p) { p.instructions[0].level = Level(4); });
  expect_refused("outside the chain", [](Program& p) { p.instructions[0].level = Level(-1); });
  expect_refused("does not fit", [](Program& p) { p.instructions[0].scale = Scale::power_of_two(140); });
  expect_refused("differs from that of the other inputs",
                 [](Program& p) { p.instructions[1].scale = Scale::power_of_two(29); });
}

TEST(Verify, RefusesScalesWithHugeExponentsBeforeMultiplyingThem) {
  expect_refused("exponents", [](Program& p) { p.instructions[0].scale = Scale::power_of_two(4096); });
  expect_refused("exponents", [](Program& p) {
    p.instructions[0].scale = Scale::power_of_two(30).times_prime(fhe::params::PrimeIndex(7));
  });
  expect_refused("exponents", [](Program& p) { p.weights[0].scale = Scale::power_of_two(-4096); });
}

TEST(Verify, RefusesOperandsThatAreNotDefined) {
  expect_refused("not defined", [](Program& p) { operation<AddBias>(p, 3).operand = ValueId(3); });
  expect_refused("not defined", [](Program& p) { operation<Add>(p, 9).right = ValueId(-1); });
  expect_refused("not defined", [](Program& p) { operation<Linear>(p, 2).operands[1] = ValueId(1000000); });
}

TEST(Verify, RefusesWeightsThatDoNotFitTheirUse) {
  expect_refused("weight 0 is at level 2", [](Program& p) { p.weights[0].level = Level(2); });
  expect_refused("another basis", [](Program& p) { p.weights[0].extended = true; });
  expect_refused("another basis", [](Program& p) { p.weights[4].extended = true; });
  expect_refused("differ in scale", [](Program& p) { p.weights[1].scale = Scale::power_of_two(29); });
  expect_refused("the bias has scale", [](Program& p) { p.weights[4].scale = Scale::power_of_two(29); });
  expect_refused("weight 1 is used where weight 0 is due",
                 [](Program& p) { operation<Linear>(p, 2).steps[0].terms[0].weight = WeightId(1); });
  expect_refused("never used", [](Program& p) { p.weights.push_back(p.weights.back()); });
  expect_refused("does not exist", [](Program& p) { operation<AddBias>(p, 3).bias = WeightId(99); });
  expect_refused("does not exist", [](Program& p) { operation<AddBias>(p, 3).bias = WeightId(-1); });
  expect_refused("62", [](Program& p) { p.weights[0].scale = Scale::power_of_two(62); });
}

TEST(Verify, RefusesBrokenTransforms) {
  expect_refused("no operands or no steps", [](Program& p) { operation<Linear>(p, 2).operands.clear(); });
  expect_refused("no operands or no steps", [](Program& p) { operation<Linear>(p, 2).steps.clear(); });
  expect_refused("has no terms", [](Program& p) { operation<Linear>(p, 5).steps[1].terms.clear(); });
  expect_refused("names operand 2", [](Program& p) { operation<Linear>(p, 2).steps[0].terms[0].input = 2; });
  expect_refused("rotation step 16", [](Program& p) { operation<Linear>(p, 2).steps[1].giant = RotationStep(16); });
  expect_refused("rotation step -1",
                 [](Program& p) { operation<Linear>(p, 2).steps[0].terms[1].baby = RotationStep(-1); });
  expect_refused("occurs twice", [](Program& p) { operation<Linear>(p, 2).steps[1].giant = RotationStep(0); });
  expect_refused("differ in level or scale",
                 [](Program& p) { operation<Linear>(p, 5).operands.push_back(ValueId(0)); });
}

TEST(Verify, RefusesOtherBrokenInstructions) {
  expect_refused("rotation step 0", [](Program& p) { operation<Rotate>(p, 6).step = RotationStep(0); });
  expect_refused("power 4", [](Program& p) { operation<MultiplyByI>(p, 8).power = 4; });
  expect_refused("power 0", [](Program& p) { operation<MultiplyByI>(p, 8).power = 0; });
  expect_refused("it adds", [](Program& p) { operation<Add>(p, 9).left = ValueId(4); });
  expect_refused("taken twice", [](Program& p) { operation<Input>(p, 1).index = 0; });
  expect_refused("input 2 does not exist", [](Program& p) { operation<Input>(p, 1).index = 2; });
  expect_refused("stage 3", [](Program& p) { p.instructions[9].stage = 3; });
  expect_refused("no instructions", [](Program& p) { p.instructions.clear(); });
}

TEST(Verify, RefusesBrokenTables) {
  expect_refused("input packing names element 12", [](Program& p) { p.input_packing.element[0] = 12; });
  expect_refused("input packing names element -2", [](Program& p) { p.input_packing.element[0] = -2; });
  expect_refused("input packing lists", [](Program& p) { p.input_packing.element.pop_back(); });
  expect_refused("ciphertexts", [](Program& p) { p.input_packing.ciphertexts = 0; });
  expect_refused("output slot 16", [](Program& p) { p.output.slot[0] = 16; });
  expect_refused("two scores", [](Program& p) { p.output.slot[0] = p.output.slot[1]; });
  expect_refused("no output", [](Program& p) { p.output.slot.clear(); });
  expect_refused("factor", [](Program& p) { p.output.factor = std::nan(""); });
  expect_refused("evaluation keys", [](Program& p) { p.key_needs.pop_back(); });
  expect_refused("evaluation keys", [](Program& p) { p.key_needs[0].level = Level(1); });
  expect_refused("statement", [](Program& p) { p.error.score_error_bound = std::nan(""); });
  expect_refused("statement", [](Program& p) { p.cost.latency_ms = -1; });
  expect_refused("printable", [](Program& p) { p.stages[0].name = "a\x1b[2J"; });
  expect_refused("printable", [](Program& p) { p.stages[0].kind = std::string(kMaxNameBytes + 1, 'a'); });
}

TEST(Verify, RefusesBrokenInputSpecs) {
  expect_refused("per channel", [](Program& p) { p.input_spec.mean.push_back(0); });
  expect_refused("std", [](Program& p) { p.input_spec.std[0] = 0; });
  expect_refused("finite", [](Program& p) { p.input_spec.scale = HUGE_VAL; });
  expect_refused("range", [](Program& p) { p.input_spec.minimum = 3; });
  expect_refused("BGR", [](Program& p) { p.input_spec.bgr = true; });
  expect_refused("too large", [](Program& p) { p.input_spec.height = 1 << 30; });
  expect_refused("empty", [](Program& p) { p.input_spec.width = 0; });
}

TEST(Verify, RefusesMoreThanTheLimits) {
  expect_refused(
      "stages", [](Program& p) { p.stages.resize(kMaxStages + 1); }, base::ErrorCode::kLimit);
  expect_refused(
      "weights", [](Program& p) { p.weights.resize(kMaxWeights + 1, p.weights[0]); }, base::ErrorCode::kLimit);
  expect_refused(
      "instructions", [](Program& p) { p.instructions.resize(kMaxInstructions + 1, p.instructions[0]); },
      base::ErrorCode::kLimit);
}

TEST(DeriveKeyNeeds, NamesEachKeyOnceAtItsHighestLevel) {
  const Program program = tiny_program();
  const std::vector<KeyNeed> expected = {
      {KeyKind::kRelinearize, RotationStep(0), Level(3)},
      {KeyKind::kRotate, RotationStep(1), Level(3)},
      {KeyKind::kRotate, RotationStep(2), Level(3)},
      {KeyKind::kRotate, RotationStep(3), Level(3)},
      {KeyKind::kRotate, RotationStep(4), Level(1)},
      {KeyKind::kRotate, RotationStep(5), Level(1)},
      {KeyKind::kConjugate, RotationStep(0), Level(1)},
      {KeyKind::kRotateRelinearize, RotationStep(3), Level(3)},
      {KeyKind::kRotateRelinearize, RotationStep(5), Level(1)},
  };
  EXPECT_EQ(derive_key_needs(program), expected);
}

}  // namespace
}  // namespace obscura::plan::program
