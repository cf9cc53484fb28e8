#include "plan/program/operation.hpp"

#include <gtest/gtest.h>

#include "plan/program/testing/branched_program.hpp"
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

TEST(WeightsOf, FollowsStepsAndTerms) {
  const Program program = testing::tiny_program();
  const auto ids = [](std::initializer_list<int> numbers) {
    return std::vector<WeightId>(numbers.begin(), numbers.end());
  };
  EXPECT_EQ(weights_of(program.instructions[0].operation), ids({}));
  EXPECT_EQ(weights_of(program.instructions[2].operation), ids({0, 1, 2, 3}));
  EXPECT_EQ(weights_of(program.instructions[3].operation), ids({4}));
  EXPECT_EQ(weights_of(program.instructions[5].operation), ids({5, 6, 7}));
}

TEST(NameOf, NamesProductsAndScaleChanges) {
  EXPECT_EQ(name_of(Multiply{ValueId(0), ValueId(1)}), "multiply");
  EXPECT_EQ(name_of(ChangeScale{ValueId(0)}), "change_scale");
  EXPECT_EQ(operands_of(Multiply{ValueId(4), ValueId(2)}), (std::vector<ValueId>{ValueId(4), ValueId(2)}));
  EXPECT_EQ(operands_of(ChangeScale{ValueId(7)}), (std::vector<ValueId>{ValueId(7)}));
}

TEST(WorkingLevel, IsOneAboveTheResultOfWhatRescales) {
  std::vector<int> levels;
  for (const Instruction& instruction : testing::branched_program().instructions) {
    levels.push_back(working_level(instruction).value());
  }
  EXPECT_EQ(levels, (std::vector<int>{4, 4, 4, 3, 3, 3, 2, 1, 1, 2, 2, 1}));
}

TEST(ScoreCount, IsThatOfAllOutputs) {
  EXPECT_EQ(score_count(testing::tiny_program()), 3u);
  EXPECT_EQ(score_count(testing::branched_program()), 5u);
}

}  // namespace
}  // namespace obscura::plan::program
