#include "plan/program/verify.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "plan/program/limits.hpp"
#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/tiny_program.hpp"

namespace obscura::plan::program {
namespace {

using testing::branched_program;
using testing::deep_program;
using testing::tiny_program;

template <class T>
T& operation(Program& program, std::size_t index) {
  return std::get<T>(program.instructions[index].operation);
}

void expect_refused(const std::string& part_of_message, const std::function<void(Program&)>& damage,
                    base::ErrorCode code = base::ErrorCode::kCorrupt, Program program = tiny_program()) {
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

TEST(Verify, AcceptsTheBranchedProgram) {
  for (const bool extended : {false, true}) {
    const auto verified = verify(branched_program({5, extended}));
    EXPECT_TRUE(verified.has_value()) << verified.error().message;
  }
}

TEST(Verify, AcceptsTheDeepProgram) {
  for (const bool real : {false, true}) {
    const auto verified = verify(deep_program({.real = real}));
    EXPECT_TRUE(verified.has_value()) << verified.error().message;
  }
}

void expect_refused_deep(const std::string& part_of_message, const std::function<void(Program&)>& damage,
                         base::ErrorCode code = base::ErrorCode::kCorrupt) {
  expect_refused(part_of_message, damage, code, deep_program());
}

TEST(Verify, RefusesBootstrapsThatAreNotTheProgramsOwn) {
  const std::string unsaid = "says what a bootstrap does and has none, or has one and does not say";
  expect_refused_deep(unsaid, [](Program& p) { p.bootstrap.reset(); });
  expect_refused(unsaid, [](Program& p) { p.bootstrap = deep_program().bootstrap; });
  expect_refused_deep(
      "the range of EvalMod is 3", [](Program& p) { p.bootstrap->range = 3; }, base::ErrorCode::kUnsupported);
  expect_refused_deep("instruction 4 (bootstrap): it goes from level 2 to 6, the program's bootstraps from 3 to 6",
                      [](Program& p) { operation<Bootstrap>(p, 4).from = Level(2); });
  expect_refused_deep("instruction 4 (bootstrap): it goes from level 3 to 5, the program's bootstraps from 3 to 6",
                      [](Program& p) { p.instructions[4].level = Level(5); });
  expect_refused_deep("instruction 7 (bootstrap): operand %6 is at level 5; it computes at level 6",
                      [](Program& p) { operation<Bootstrap>(p, 7).from = Level(6); });
  expect_refused_deep("list of evaluation keys", [](Program& p) { p.key_needs.pop_back(); });
}

/// The operands stand at about 2^24 and 2^30, the last matrix then at 2^69 over that and the range.
TEST(Verify, RefusesRangesAndScalesThatABootstrapCannotHave) {
  const auto with_range = [](std::size_t index, int bits) {
    return [=](Program& p) { operation<Bootstrap>(p, index).log2_range = bits; };
  };
  expect_refused_deep("its values are at most 2^41", with_range(4, 41));
  expect_refused_deep("its values are at most 2^-41", with_range(4, -41));
  expect_refused_deep("its values are at most 2^-2147483648", with_range(4, std::numeric_limits<int>::min()));
  expect_refused_deep("instruction 4 (bootstrap): its operand would meet a matrix with a scale of", with_range(4, -17));
  expect_refused_deep("instruction 7 (bootstrap): its operand would meet a matrix with a scale of", with_range(7, 40));
  expect_refused_deep("instruction 4 (bootstrap): the largest values of its result would have", with_range(4, 29));
  for (const auto& [index, bits] : {std::pair<std::size_t, int>(4, -15), {4, 28}, {7, 29}}) {
    Program program = deep_program();
    with_range(index, bits)(program);
    const auto verified = verify(program);
    EXPECT_TRUE(verified.has_value()) << verified.error().message;
  }
}

void expect_refused_branched(const std::string& part_of_message, const std::function<void(Program&)>& damage) {
  expect_refused(part_of_message, damage, base::ErrorCode::kCorrupt, branched_program());
}

TEST(Verify, RefusesOperandsBelowTheLevelOfWork) {
  expect_refused_branched("instruction 7 (add): operand %6 is at level 1; it computes at level 2",
                          [](Program& p) { p.instructions[7].level = Level(2); });
  expect_refused_branched("instruction 5 (multiply): operand %3 is at level 3; it computes at level 4",
                          [](Program& p) { p.instructions[5].level = Level(3); });
  expect_refused_branched("instruction 9 (rotate): operand %3 is at level 3; it computes at level 4",
                          [](Program& p) { p.instructions[9].level = Level(4); });
  expect_refused_branched("instruction 6 (change_scale): operand %5 is at level 2; it computes at level 3",
                          [](Program& p) { p.instructions[6].level = Level(2); });
  expect_refused_branched("weight 5 is at level 3, its use at level 2",
                          [](Program& p) { p.instructions[3].level = Level(2); });
}

/// An input at 2^43 may drop to the 75 bits of level 1, one at 2^76 may not.
TEST(Verify, RefusesScalesThatOutgrowTheLevelToWhichTheyAreDropped) {
  const auto dropped = [](int bits) {
    Program p = tiny_program();
    const Scale scale = Scale::power_of_two(bits);
    p.instructions = {{Input{0}, Level(3), scale, 0},
                      {Input{1}, Level(3), scale, 0},
                      {ChangeScale{ValueId(0)}, Level(0), Scale::power_of_two(30), 0}};
    p.weights.clear();
    p.results = {ValueId(2)};
    p.key_needs.clear();
    return p;
  };
  const auto fits = verify(dropped(40));
  EXPECT_TRUE(fits.has_value()) << fits.error().message;
  EXPECT_TRUE(verify(dropped(43)).has_value());
  expect_refused(
      "the scale of operand %0 does not fit", [](Program&) {}, base::ErrorCode::kCorrupt, dropped(76));
}

TEST(Verify, RefusesProductsAndScaleChangesThatDoNotAddUp) {
  expect_refused_branched("instruction 5 (multiply): states scale",
                          [](Program& p) { p.instructions[5].scale = p.instructions[4].scale; });
  expect_refused_branched("instruction 7 (add): it adds scale",
                          [](Program& p) { operation<Add>(p, 7).right = ValueId(5); });
  const auto with_scale_bits = [](int bits) {
    return [bits](Program& p) { p.instructions[6].scale = Scale::power_of_two(bits); };
  };
  // q_2 is a little above or below 2^30 and S_in of 2^30, so that K is about 2^bits.
  expect_refused_branched("instruction 6 (change_scale): it multiplies by an integer of", with_scale_bits(14));
  expect_refused_branched("instruction 6 (change_scale): it multiplies by an integer of", with_scale_bits(62));
  expect_refused_branched("instruction 7 (add): it adds scale", with_scale_bits(18));
  expect_refused_branched("instruction 7 (add): it adds scale", with_scale_bits(59));
}

TEST(Verify, RefusesBrokenResultsAndOutputs) {
  expect_refused_branched("result %12 does not exist", [](Program& p) { p.results[1] = ValueId(12); });
  expect_refused_branched("result %-1 does not exist", [](Program& p) { p.results[1] = ValueId(-1); });
  expect_refused_branched("result %8 is returned twice", [](Program& p) { p.results[1] = ValueId(8); });
  expect_refused_branched("no results", [](Program& p) { p.results.clear(); });
  expect_refused_branched("output 'mask': result number 4 does not exist",
                          [](Program& p) { p.outputs[1].element[1].result = 4; });
  expect_refused_branched("output 'mask': result number -1 does not exist",
                          [](Program& p) { p.outputs[1].element[1].result = -1; });
  expect_refused_branched("output 'mask': slot 16 is outside", [](Program& p) { p.outputs[1].element[1].slot = 16; });
  expect_refused_branched("output 'mask': it has no scores", [](Program& p) { p.outputs[1].element.clear(); });
  expect_refused_branched("name of output 1", [](Program& p) { p.outputs[1].name = "a\nb"; });
  expect_refused(
      "results", [](Program& p) { p.results.resize(kMaxResults + 1); }, base::ErrorCode::kLimit);
  expect_refused(
      "outputs", [](Program& p) { p.outputs.resize(kMaxOutputs + 1); }, base::ErrorCode::kLimit);
  expect_refused(
      "scores", [](Program& p) { p.outputs[0].element.resize(kMaxScores + 1); }, base::ErrorCode::kLimit);
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
  expect_refused("differ in scale", [](Program& p) { operation<Linear>(p, 5).operands.push_back(ValueId(0)); });
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
  expect_refused("holds 0 images", [](Program& p) { p.input_packing.images = 0; });
  expect_refused("holds 17 images; 1..16", [](Program& p) { p.input_packing.images = 17; });
  expect_refused("lists 64 places, not 32", [](Program& p) { p.input_packing.images = 2; });
  expect_refused("not one of the first of 2 images", [](Program& p) {
    p.input_packing.images = 2;
    p.input_packing.element.resize(32);
  });
  expect_refused("ciphertexts", [](Program& p) { p.input_packing.ciphertexts = 0; });
  expect_refused("slot -1", [](Program& p) { p.outputs[0].element[0].slot = -1; });
  expect_refused("two scores", [](Program& p) { p.outputs[0].element[0] = p.outputs[0].element[1]; });
  expect_refused("no output", [](Program& p) { p.outputs.clear(); });
  expect_refused("factor", [](Program& p) { p.outputs[0].factor = std::nan(""); });
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

TEST(DeriveKeyNeeds, AreForTheLevelOfWork) {
  const std::vector<KeyNeed> expected = {
      {KeyKind::kRelinearize, RotationStep(0), Level(4)},
      {KeyKind::kRotate, RotationStep(1), Level(4)},
      {KeyKind::kRotate, RotationStep(2), Level(4)},
      {KeyKind::kRotate, RotationStep(3), Level(4)},
      {KeyKind::kRotate, RotationStep(4), Level(2)},  // its operand is at level 3
      {KeyKind::kRotate, RotationStep(5), Level(1)},
      {KeyKind::kConjugate, RotationStep(0), Level(2)},
      {KeyKind::kRotateRelinearize, RotationStep(3), Level(4)},
      {KeyKind::kRotateRelinearize, RotationStep(5), Level(1)},
  };
  EXPECT_EQ(derive_key_needs(branched_program()), expected);
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
