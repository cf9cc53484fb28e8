#include "plan/program/leading_layer.hpp"

#include <gtest/gtest.h>

#include "plan/program/testing/tiny_program.hpp"
#include "plan/program/testing/wide_program.hpp"

namespace obscura::plan::program {
namespace {

using testing::tiny_program;
using testing::wide_program;
using Pieces = std::vector<Piece>;

TEST(LeadingLayer, IsTheFirstThatNeedsNoWeightBeforeIt) {
  const Program program = wide_program();
  const LeadingLayer from_start = leading_layer(program, 0, program.instructions.size());
  EXPECT_EQ(from_start.linears, (std::vector<std::size_t>{4, 6}));
  EXPECT_EQ(from_start.giants, 6u);
  EXPECT_EQ(leading_layer(program, 4, 6).linears, (std::vector<std::size_t>{4})) << "a stage that ends there";
  EXPECT_EQ(leading_layer(program, 5, 8).linears, (std::vector<std::size_t>{6})) << "its operand comes with the stage";
  EXPECT_TRUE(leading_layer(program, 8, program.instructions.size()).linears.empty());
}

TEST(LeadingLayer, IsNotOneBehindWeights) {
  const Program program = tiny_program();  // 2 linear, 3 bias, 4 square, 5 linear of another layer
  EXPECT_EQ(leading_layer(program, 0, program.instructions.size()).linears, (std::vector<std::size_t>{2}));
  EXPECT_TRUE(leading_layer(program, 3, 5).linears.empty());
  EXPECT_TRUE(leading_layer(program, 3, program.instructions.size()).linears.empty()) << "the bias is before it";
  EXPECT_EQ(leading_layer(program, 4, program.instructions.size()).linears, (std::vector<std::size_t>{5}));
}

TEST(Divide, KeepsTheOrderAndTheBalance) {
  const Program program = wide_program();
  const LeadingLayer layer = leading_layer(program, 0, program.instructions.size());
  EXPECT_EQ(divide(program, layer, 1), (std::vector<Pieces>{{{4, 0, 4}, {6, 0, 2}}}));
  EXPECT_EQ(divide(program, layer, 2), (std::vector<Pieces>{{{4, 0, 3}}, {{4, 3, 4}, {6, 0, 2}}}));
  EXPECT_EQ(divide(program, layer, 3), (std::vector<Pieces>{{{4, 0, 2}}, {{4, 2, 4}}, {{6, 0, 2}}}));
  const auto six = divide(program, layer, 6);
  EXPECT_EQ(six.front(), (Pieces{{4, 0, 1}}));
  EXPECT_EQ(six.back(), (Pieces{{6, 1, 2}}));
}

TEST(PredictedMsOf, IsTheWholeForAllPiecesAndLessForFewer) {
  const Program program = wide_program();
  std::vector<double> ms(program.instructions.size());
  ms[4] = 40;
  ms[6] = 10;
  const Pieces all = {{4, 0, 4}, {6, 0, 2}};
  EXPECT_DOUBLE_EQ(predicted_ms_of(program, all, ms), 50);
  const Pieces half = {{4, 0, 2}};
  const Pieces other_half = {{4, 2, 4}};
  EXPECT_LT(predicted_ms_of(program, half, ms), 40);
  EXPECT_GT(predicted_ms_of(program, half, ms) + predicted_ms_of(program, other_half, ms), 40)
      << "both rotate the operands";
}

}  // namespace
}  // namespace obscura::plan::program
