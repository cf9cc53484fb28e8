#include "base/memory.hpp"

#include <gtest/gtest.h>
#include <sys/sysinfo.h>

#include <vector>

namespace obscura::base {
namespace {

TEST(AvailableMemory, IsSomeOfTheMachine) {
  struct sysinfo machine {};
  ASSERT_EQ(sysinfo(&machine), 0);
  const auto available = available_memory_bytes();
  ASSERT_TRUE(available);
  EXPECT_GT(*available, std::uint64_t{1} << 20);
  EXPECT_LE(*available, std::uint64_t{machine.totalram} * machine.mem_unit);
}

}  // namespace
}  // namespace obscura::base
