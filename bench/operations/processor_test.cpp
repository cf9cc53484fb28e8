#include "bench/operations/processor.hpp"

#include <gtest/gtest.h>

namespace obscura::bench::operations {
namespace {

TEST(Processor, HasANameOnOneLine) {
  EXPECT_FALSE(processor().empty());
  EXPECT_EQ(processor().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace obscura::bench::operations
