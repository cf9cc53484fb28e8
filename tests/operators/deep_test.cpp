#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/graph/testing/deep_network.hpp"
#include "tests/operators/encrypted_run.hpp"

/// A network that only bootstraps get through, compiled and run encrypted at N = 2^16.
namespace obscura::tests::operators {
namespace {

TEST(DeepNetworkSlow, AnswersWithinTheStatedErrorThroughItsBootstraps) {
  OperatorCase one{"deep", [] { return compiler::graph::testing::deep_network(); }};
  one.most_log_n = 16;
  const auto seen = run_encrypted(one, 9);
  ASSERT_TRUE(seen) << seen.error().message;
  ASSERT_EQ(seen->errors_sealed.size(), std::size_t{compiler::graph::testing::kDeepWidth});
  for (const auto* errors : {&seen->errors_sealed, &seen->errors_clear}) {
    const double worst = *std::max_element(errors->begin(), errors->end());
    EXPECT_LE(worst, seen->bound);
    EXPECT_GE(worst, seen->bound / 1e3) << "a bound far above the errors says nothing";
  }
  RecordProperty("bound", std::to_string(seen->bound));
}

}  // namespace
}  // namespace obscura::tests::operators
