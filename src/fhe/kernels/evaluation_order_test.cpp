#include "fhe/kernels/evaluation_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace obscura::fhe::kernels {
namespace {

TEST(EvaluationOrder, IsBitReversed) {
  const std::vector<std::uint32_t> expected = {1, 9, 5, 13, 3, 11, 7, 15};
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(evaluation_exponent(3, i), expected[i]);
    EXPECT_EQ(evaluation_index(3, expected[i]), i);
    EXPECT_EQ(evaluation_index(3, expected[i] + 32), i);
  }
}

TEST(EvaluationOrder, AutomorphismsArePermutationsThatCompose) {
  constexpr int kLogN = 6;
  const auto five = automorphism_index(kLogN, 5);
  const auto twenty_five = automorphism_index(kLogN, 25);
  for (std::size_t i = 0; i < five.size(); ++i) EXPECT_EQ(five[five[i]], twenty_five[i]);
  auto sorted = five;
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t i = 0; i < sorted.size(); ++i) EXPECT_EQ(sorted[i], i);
  const auto identity = automorphism_index(kLogN, 1 + 128);
  for (std::uint32_t i = 0; i < identity.size(); ++i) EXPECT_EQ(identity[i], i);
}

TEST(EvaluationOrderDeath, RefusesEvenElements) {
  EXPECT_DEATH(static_cast<void>(automorphism_index(5, 4)), "odd");
}

}  // namespace
}  // namespace obscura::fhe::kernels
