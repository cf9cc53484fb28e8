#include "deploy/worker/memory_budget.hpp"

#include <gtest/gtest.h>

namespace obscura::deploy::worker {
namespace {

/// A program with 10 bytes of ciphertexts, 20 of keys, 5 of those streamed, 100 of weights, 10 of streamed ones.
constexpr plan::program::MemoryEstimate kProgram{.ciphertext_bytes = 10,
                                                 .evaluation_key_bytes = 20,
                                                 .stored_evaluation_key_bytes = 0,
                                                 .streamed_run_bytes = 15,
                                                 .weight_bytes = 100,
                                                 .streamed_weight_bytes = 10,
                                                 .stored_weight_bytes = 0};

TEST(MemoryBudget, WithoutALimitTakesEverythingResident) {
  MemoryBudget budget(0);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto admitted = budget.admit(kProgram, "stage 1");
    ASSERT_TRUE(admitted);
    EXPECT_EQ(admitted->limit_bytes, 0U);
    EXPECT_EQ(budget.used_bytes(), 130 * i);
  }
}

TEST(MemoryBudget, StreamsWhatDoesNotFitWhole) {
  MemoryBudget budget(130 + 40);
  const auto whole = budget.admit(kProgram, "stage 1");
  const auto streamed = budget.admit(kProgram, "stage 2");
  ASSERT_TRUE(whole);
  ASSERT_TRUE(streamed);
  EXPECT_EQ(whole->bytes, 130U);
  EXPECT_EQ(whole->limit_bytes, 170U);
  EXPECT_EQ(streamed->bytes, 40U);
  EXPECT_EQ(streamed->limit_bytes, 40U) << "the session is to stream, as it was counted";
}

TEST(MemoryBudget, StreamsKeysInAllThatIsLeft) {
  MemoryBudget budget(130 + 39);
  ASSERT_TRUE(budget.admit(kProgram, "stage 1"));
  const auto streamed = budget.admit(kProgram, "stage 2");
  ASSERT_TRUE(streamed);
  EXPECT_EQ(streamed->bytes, 39U);
  EXPECT_EQ(streamed->limit_bytes, 39U);
  EXPECT_FALSE(budget.admit(kProgram, "stage 3"));
}

TEST(MemoryBudget, RefusesByName) {
  MemoryBudget budget(130 + 24);
  const auto first = budget.admit(kProgram, "stage 1");
  ASSERT_TRUE(first);
  const auto second = budget.admit(kProgram, "stage 2");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kLimit);
  EXPECT_NE(second.error().message.find("stage 2"), std::string::npos);
  EXPECT_EQ(budget.used_bytes(), 130U);
  budget.release(*first);
  EXPECT_TRUE(budget.admit(kProgram, "stage 2"));
}

}  // namespace
}  // namespace obscura::deploy::worker
