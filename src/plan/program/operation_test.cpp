#include "plan/program/operation.hpp"

#include <gtest/gtest.h>

#include "plan/program/testing/tiny_program.hpp"

namespace obscura::plan::program {
namespace {

TEST(OperandsOf, ListsThemInOrderWithRepeats) {
  const Program program = testing::tiny_program();
  EXPECT_TRUE(operands_of(program.instructions[0].operation).empty());
  EXPECT_EQ(operands_of(program.instructions[2].operation), (std::vector<ValueId>{ValueId(0), ValueId(1)}));
  EXPECT_EQ(operands_of(program.instructions[9].operation), (std::vector<ValueId>{ValueId(5), ValueId(8)}));
  EXPECT_EQ(operands_of(Add{ValueId(3), ValueId(3)}), (std::vector<ValueId>{ValueId(3), ValueId(3)}));
}

TEST(NameOf, NamesEveryOperation) {
  std::string names;
  for (const Instruction& instruction : testing::tiny_program().instructions) {
    names += std::string(name_of(instruction.operation)) + " ";
  }
  EXPECT_EQ(names, "input input linear add_bias square linear rotate conjugate multiply_by_i add ");
}

TEST(WeightsInOrderOfUse, FollowsInstructionsStepsAndTerms) {
  std::vector<WeightId> expected;
  for (int i = 0; i < 8; ++i) expected.emplace_back(i);
  EXPECT_EQ(weights_in_order_of_use(testing::tiny_program()), expected);
}

}  // namespace
}  // namespace obscura::plan::program
