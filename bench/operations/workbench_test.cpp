#include "bench/operations/workbench.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

Operation some_operation() {
  return {Group::kCiphertexts, "nothing", {{9, {40, 40}, {45}}, true}, [](Engine&) {
            Case made;
            made.right = [] { return true; };
            return made;
          }};
}

TEST(Workbench, LetsNoWrongAnswerThrough) {
  Operation wrong = some_operation();
  wrong.prepare = [](Engine&) {
    Case made;
    made.right = [] { return false; };
    return made;
  };
  Workbench workbench;
  const auto prepared = workbench.prepare(wrong, {});
  ASSERT_FALSE(prepared.has_value());
  EXPECT_EQ(prepared.error().code, base::ErrorCode::kCorrupt);
  EXPECT_NE(prepared.error().message.find(wrong.key()), std::string::npos);
}

TEST(Workbench, KeepsTheEngineForTheSameShape) {
  Workbench workbench;
  Operation operation = some_operation();
  ASSERT_TRUE(workbench.prepare(operation, {1, "portable"}).has_value());
  const Engine* engine = &workbench.engine();
  ASSERT_TRUE(workbench.prepare(operation, {1, "portable"}).has_value());
  EXPECT_EQ(&workbench.engine(), engine);
  ASSERT_TRUE(workbench.prepare(operation, {2, "portable"}).has_value());
  EXPECT_EQ(workbench.engine().context().parallel().threads(), 2);
  operation.shape.literal.log_n = 8;
  ASSERT_TRUE(workbench.prepare(operation, {2, "portable"}).has_value());
  EXPECT_EQ(workbench.engine().params().log_n(), 8);
}

TEST(Workbench, KeepsTheLastOperation) {
  int prepared = 0;
  Operation operation = some_operation();
  operation.prepare = [&prepared](Engine&) {
    ++prepared;
    Case made;
    made.right = [] { return true; };
    return made;
  };
  Workbench workbench;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(workbench.prepare(operation, {1, "portable"}).has_value());
  EXPECT_EQ(prepared, 1);
  operation.name = "another";
  ASSERT_TRUE(workbench.prepare(operation, {1, "portable"}).has_value());
  EXPECT_EQ(prepared, 2);
}

TEST(Workbench, PassesOnWhatTheEngineRefuses) {
  Operation operation = some_operation();
  operation.shape = {{13, {50, 50, 50, 50}, {50}}};
  Workbench workbench;
  EXPECT_EQ(workbench.prepare(operation, {}).error().code, base::ErrorCode::kInsecure);
  operation.shape.insecure = true;
  EXPECT_EQ(workbench.prepare(operation, {1, "abacus"}).error().code, base::ErrorCode::kUsage);
}

}  // namespace
}  // namespace obscura::bench::operations
