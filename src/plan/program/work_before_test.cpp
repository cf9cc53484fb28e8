#include "plan/program/work_before.hpp"

#include <gtest/gtest.h>

#include "plan/program/operation.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/testing/deep_program.hpp"
#include "plan/program/testing/tiny_program.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

std::vector<double> work_of(const Program& program) {
  return work_before(program, make_params(program).value());
}

TEST(WorkBefore, GrowsWithEveryInstruction) {
  const Program program = testing::tiny_program();
  const auto before = work_of(program);
  ASSERT_EQ(before.size(), program.instructions.size());
  EXPECT_EQ(before.front(), 0);
  for (std::size_t i = 1; i < before.size(); ++i) EXPECT_GT(before[i], before[i - 1]);
  EXPECT_LT(before.back(), 1);
}

TEST(WorkBefore, IsMostlyBootstrapsWhereThereAreSome) {
  const Program program = testing::deep_program();
  const auto before = work_of(program);
  double bootstraps = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double next = i + 1 < before.size() ? before[i + 1] : 1;
    if (std::holds_alternative<Bootstrap>(program.instructions[i].operation)) bootstraps += next - before[i];
  }
  EXPECT_GT(bootstraps, 0.5);
}

}  // namespace
}  // namespace obscura::plan::program
