#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace obscura::base {
namespace {

using Key = std::array<std::uint8_t, 16>;

static_assert(!std::is_copy_constructible_v<Secret<Key>>);
static_assert(!std::is_copy_assignable_v<Secret<Key>>);
static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);

Key sample_key() {
  Key key;
  key.fill(0xAB);
  return key;
}

TEST(Secret, WipesItselfWhenItDies) {
  alignas(Secret<Key>) std::array<std::uint8_t, sizeof(Secret<Key>)> storage;
  storage.fill(1);
  auto* secret = std::construct_at(reinterpret_cast<Secret<Key>*>(storage.data()), sample_key());
  EXPECT_EQ(secret->reveal_secret(), sample_key());
  std::destroy_at(secret);
  for (const volatile std::uint8_t& byte : storage) EXPECT_EQ(byte, 0);
}

TEST(Secret, MovingWipesTheSource) {
  Secret<Key> from(sample_key());
  Secret<Key> to(std::move(from));
  EXPECT_EQ(to.reveal_secret(), sample_key());
  EXPECT_EQ(from.reveal_secret(), Key{});  // NOLINT(bugprone-use-after-move): the moved-from state is the subject
  Secret<Key> assigned;
  assigned = std::move(to);
  EXPECT_EQ(assigned.reveal_secret(), sample_key());
  EXPECT_EQ(to.reveal_secret(), Key{});  // NOLINT(bugprone-use-after-move)
}

TEST(SecretBytes, CopiesMovesAndEmpties) {
  const std::vector<std::uint8_t> bytes = {1, 2, 3};
  SecretBytes secret = SecretBytes::copy_of(bytes);
  EXPECT_EQ(secret.size(), 3u);
  EXPECT_EQ(secret.reveal_secret()[2], 3);
  SecretBytes moved(std::move(secret));
  EXPECT_EQ(secret.size(), 0u);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(moved.reveal_secret()[0], 1);
  moved = SecretBytes(5);
  EXPECT_EQ(moved.size(), 5u);
  EXPECT_EQ(moved.reveal_secret()[4], 0);
  moved = SecretBytes();
  EXPECT_TRUE(moved.reveal_secret().empty());
}

TEST(Secret, WipeZeroesASpan) {
  std::vector<std::uint8_t> bytes(100, 7);
  wipe(bytes);
  EXPECT_EQ(bytes, std::vector<std::uint8_t>(100, 0));
  wipe({});
}

}  // namespace
}  // namespace obscura::base
