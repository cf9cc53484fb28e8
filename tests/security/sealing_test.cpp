#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "plan/weights/testing/tiny_plan.hpp"
#include "tests/runtime/owner_files.hpp"

/// A (key, seed, index) names one content: of two ciphertexts (m + e - a s, a) with the same a, the difference tells
/// that of what they hold. tests/cli/sealing_test.py holds processes that are killed to the same.
namespace obscura::tests {
namespace {

/// Ciphertexts by their names, over all sealings under one key.
class Names {
 public:
  void add(const ckks::SeededCiphertext& weight) {
    std::vector<std::uint64_t> content;
    for (int limb = 0; limb < weight.c0.limbs(); ++limb) {
      const auto values = weight.c0.limb(limb);
      content.insert(content.end(), values.begin(), values.end());
    }
    const auto [known, is_new] = contents_.try_emplace({weight.seed.bytes, weight.index}, std::move(content));
    EXPECT_TRUE(is_new) << "weight " << weight.index << " was encrypted twice under one seed";
  }
  [[nodiscard]] std::size_t size() const { return contents_.size(); }

 private:
  std::map<std::pair<std::array<std::uint8_t, 32>, std::uint64_t>, std::vector<std::uint64_t>> contents_;
};

TEST(Sealing, InterruptedAnywhereAndBegunAgainNeverUsesANameTwice) {
  OwnerFiles owner(plan::weights::testing::tiny_plan());
  const std::size_t weights = owner.plan().program.weights.size();
  Names names;
  std::size_t encrypted = 0;
  for (std::size_t until = 0; until <= weights; ++until) {
    std::size_t done = 0;
    const auto sink = [&](const ckks::SeededCiphertext& weight) -> base::Result<void> {
      if (done == until) return base::fail(base::ErrorCode::kIo, "the disk is full");
      names.add(weight);
      ++done;
      return {};
    };
    const auto sealed = deploy::owner::encrypt_weights(owner.context(), owner.keys().secret, owner.plan(), sink);
    EXPECT_EQ(sealed.has_value(), until == weights);
    encrypted += done;
  }
  EXPECT_EQ(names.size(), encrypted);
  EXPECT_EQ(encrypted, weights * (weights + 1) / 2);
}

}  // namespace
}  // namespace obscura::tests
