#include "base/file_lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace obscura::base {
namespace {

class Lock : public ::testing::Test {
 protected:
  void SetUp() override { path_ = ::testing::TempDir() + "obscura_lock_" + std::to_string(::getpid()); }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_;
};

TEST_F(Lock, IsSharedByReadersAndNotByWriters) {
  const FileLock first = FileLock::take(path_, FileLock::Kind::kShared).value();
  const FileLock second = FileLock::take(path_, FileLock::Kind::kShared).value();
  EXPECT_TRUE(second.held());
  EXPECT_FALSE(FileLock::try_exclusive(path_).value().held());
}

TEST_F(Lock, IsFreeWhenItsHolderIsGone) {
  {
    const FileLock held = FileLock::take(path_, FileLock::Kind::kExclusive).value();
    EXPECT_FALSE(FileLock::try_exclusive(path_).value().held());
  }
  EXPECT_TRUE(FileLock::try_exclusive(path_).value().held());
}

TEST_F(Lock, NeedsAFolder) {
  EXPECT_EQ(FileLock::take(path_ + "/none/lock", FileLock::Kind::kShared).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace obscura::base
