#include "bench/operations/commit.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

TEST(Commit, IsNamed) {
  EXPECT_FALSE(commit().empty());
}

}  // namespace
}  // namespace obscura::bench::operations
