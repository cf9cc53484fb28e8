#include "plan/program/schedule.hpp"

#include <gtest/gtest.h>

#include "plan/program/testing/branched_program.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/tiny_program.hpp"

namespace obscura::plan::program {
namespace {

TEST(LastUses, FreesEachValueAfterItsLastReader) {
  EXPECT_EQ(last_uses(testing::tiny_program()), (std::vector<std::size_t>{2, 2, 3, 4, 5, 9, 7, 8, 9, 10}));
}

TEST(LastUses, KeepsEveryResult) {
  EXPECT_EQ(last_uses(testing::branched_program()),
            (std::vector<std::size_t>{5, 12, 3, 9, 8, 6, 7, 8, 12, 10, 12, 12}));
}

class ObjectBytes : public ::testing::Test {
 protected:
  Program program_ = testing::tiny_program();
  fhe::params::ParamSet params_ = *make_params(program_);
};

TEST_F(ObjectBytes, CountLimbsOfTheLevel) {
  EXPECT_EQ(ciphertext_bytes(params_, Level(3)), 2u * 4 * 32 * 8);
  EXPECT_EQ(ciphertext_bytes(params_, Level(0)), 2u * 1 * 32 * 8);
  EXPECT_EQ(stored_ciphertext_bytes(params_, Level(3)), 2u * 32 * (45 + 30 + 30 + 30) / 8);
  EXPECT_EQ(weight_bytes(params_, {Level(1), Scale::power_of_two(30), false}), 2u * 2 * 32 * 8);
  EXPECT_EQ(weight_bytes(params_, {Level(1), Scale::power_of_two(30), true}), 2u * 3 * 32 * 8);
  EXPECT_EQ(stored_weight_bytes(params_, {Level(1), Scale::power_of_two(30), true}), 32u * (45 + 30 + 48) / 8);
}

TEST_F(ObjectBytes, CountDigitsOfKeys) {
  const KeyNeed key{KeyKind::kRotate, RotationStep(1), Level(3)};
  ASSERT_EQ(params_.digit_count(Level(3)), 4);
  EXPECT_EQ(key_bytes(params_, key), 2u * 4 * 5 * 32 * 8);
  EXPECT_EQ(stored_key_bytes(params_, key), 4u * 32 * (45 + 90 + 48) / 8);
}

TEST(ObjectBytesOfBootstraps, CountOneSmallDigitOfTheKeyToTheSparseSecret) {
  const Program program = testing::deep_program();
  const fhe::params::ParamSet params = *make_params(program);
  const KeyNeed key{KeyKind::kEncapsulate, RotationStep(0), Level(0)};
  EXPECT_EQ(key_bytes(params, key), 2u * 2 * 1024 * 8);
  EXPECT_EQ(stored_key_bytes(params, key), 1024u * (44 + 45) / 8);
  const KeyNeed back{KeyKind::kDecapsulate, RotationStep(0), Level(18)};
  ASSERT_EQ(params.digit_count(Level(18)), 4);
  EXPECT_EQ(key_bytes(params, back), 2u * 4 * (19 + 5) * 1024 * 8);
}

/// CoeffsToSlots and the first two matrices once, the last one for each scale that an operand has over its range.
TEST(ObjectBytesOfBootstraps, CountTheMatricesOfEachScaleOnce) {
  Program program = testing::deep_program();
  const fhe::params::ParamSet params = *make_params(program);
  const MemoryEstimate two = estimate_memory(program, params);
  program.instructions[7].operation = Bootstrap{ValueId(3), testing::kDeepRangeBits, Level(3)};
  const MemoryEstimate one = estimate_memory(program, params);
  // The last: 8 offsets times the period of all slots, modulo q_0 q_1 and five special primes.
  EXPECT_EQ(two.bootstrap_matrix_bytes - one.bootstrap_matrix_bytes, 8u * 2 * 512 * 7 * 8);
  program.instructions[7].operation = Bootstrap{ValueId(3), testing::kDeepRangeBits + 1, Level(3)};
  EXPECT_EQ(estimate_memory(program, params).bootstrap_matrix_bytes, two.bootstrap_matrix_bytes);
  EXPECT_EQ(two.total_bytes(false),
            two.ciphertext_bytes + two.evaluation_key_bytes + two.weight_bytes + two.bootstrap_matrix_bytes);
  EXPECT_EQ(estimate_memory(testing::tiny_program(), *make_params(testing::tiny_program())).bootstrap_matrix_bytes, 0u);
}

TEST_F(ObjectBytes, AddUpToTheEstimate) {
  const MemoryEstimate estimate = estimate_memory(program_, params_);
  std::uint64_t keys = 0;
  for (const KeyNeed& key : program_.key_needs) keys += key_bytes(params_, key);
  EXPECT_EQ(estimate.evaluation_key_bytes, keys);
  EXPECT_EQ(estimate.weight_bytes, 4u * 2 * 4 * 256 + 2 * 3 * 256 + 3 * 2 * 2 * 256);
  EXPECT_EQ(estimate.streamed_weight_bytes, 4u * 2 * 4 * 256);
  EXPECT_EQ(estimate.total_bytes(true) + estimate.weight_bytes, estimate.total_bytes(false) + 4 * 2 * 4 * 256);
  // At least what the first transform cannot do without: two operands, one result, the digits of one operand.
  EXPECT_GE(estimate.ciphertext_bytes, 2 * ciphertext_bytes(params_, Level(3)) + 4 * 5 * 256);
  EXPECT_LT(estimate.ciphertext_bytes, 100 * ciphertext_bytes(params_, Level(3)));
}

/// The second matrix of CoeffsToSlots takes most: offsets -7 to 7 by 4 baby steps and a giant one, at level 17.
TEST(ObjectBytesOfBootstraps, CountTheKeysOfAPhaseAtATime) {
  Program program = testing::deep_program();
  program.instructions = {{Input{0}, Level(3), Scale::power_of_two(33), 0},
                          {Bootstrap{ValueId(0), 0, Level(3)}, Level(6), Scale::power_of_two(33), 0}};
  program.key_needs = derive_key_needs(program);
  program.weights.clear();
  program.results = {ValueId(1)};
  const fhe::params::ParamSet params = *make_params(program);
  const MemoryEstimate estimate = estimate_memory(program, params);
  const std::vector<std::uint64_t> working = working_bytes(program, params);
  EXPECT_EQ(estimate.ciphertext_bytes, working[1]);
  EXPECT_EQ(estimate.streamed_run_bytes, working[1] + 5 * key_bytes(params, {KeyKind::kRotate, {}, Level(17)}));
  EXPECT_EQ(estimate.least_bytes(), estimate.streamed_run_bytes + estimate.bootstrap_matrix_bytes);
  EXPECT_LT(estimate.least_bytes() + estimate.evaluation_key_bytes / 2, estimate.total_bytes(true));
}

TEST_F(ObjectBytes, GrowWithValuesThatLiveLonger) {
  Program longer = program_;
  longer.instructions.push_back({Add{ValueId(9), ValueId(5)}, Level(1), program_.instructions[9].scale, 2});
  longer.results = {ValueId(10)};
  EXPECT_EQ(estimate_memory(longer, params_).ciphertext_bytes, estimate_memory(program_, params_).ciphertext_bytes);
  Program kept = program_;
  kept.results = {ValueId(9), ValueId(2)};  // alive while the largest transform runs
  EXPECT_GE(estimate_memory(kept, params_).ciphertext_bytes, estimate_memory(program_, params_).ciphertext_bytes);
  kept.results = {ValueId(9), ValueId(2), ValueId(3), ValueId(4)};
  kept.instructions[5] = program_.instructions[2];
  Program freed = kept;
  freed.results = {ValueId(9)};
  EXPECT_GT(estimate_memory(kept, params_).ciphertext_bytes, estimate_memory(freed, params_).ciphertext_bytes);
}

TEST_F(ObjectBytes, HoldAFewStreamedWeightsAtATime) {
  Program program = program_;
  auto& terms = std::get<Linear>(program.instructions[2].operation).steps[1].terms;
  const auto most = static_cast<int>(kStreamedWeights);
  for (int i = 0; i < 3 * most; ++i) {
    terms.push_back({0, RotationStep(0), WeightId(static_cast<int>(program.weights.size()))});
    program.weights.push_back(program.weights[0]);
  }
  const MemoryEstimate estimate = estimate_memory(program, params_);
  EXPECT_EQ(estimate.streamed_weight_bytes, kStreamedWeights * weight_bytes(params_, program.weights[0]));
  EXPECT_GT(estimate.weight_bytes, 3 * estimate.streamed_weight_bytes);
}

}  // namespace
}  // namespace obscura::plan::program
