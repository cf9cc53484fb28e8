#include "base/forbid_core_dumps.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace obscura::base {
namespace {

// In a process of its own: there is no way back.
[[noreturn]] void forbid_and_look() {
  if (!forbid_core_dumps()) std::exit(1);
  rlimit limit{.rlim_cur = 1, .rlim_max = 1};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0) std::exit(2);
  if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) std::exit(3);
  std::string line;  // what available_memory_bytes and sibling_program need of themselves
  if (!std::getline(std::ifstream("/proc/self/cgroup"), line) || !forbid_core_dumps()) std::exit(4);
  std::exit(0);
}

TEST(ForbidCoreDumps, TakesAwayTheLimitAndTheReadersOfMemory) {
  EXPECT_EXIT(forbid_and_look(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace obscura::base
