#include "base/memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace obscura::base {
namespace {

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

std::uint64_t available_of_kernel() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  while (file >> word) {
    std::uint64_t kilobytes = 0;
    if (word == "MemAvailable:" && file >> kilobytes) return kilobytes << 10;
  }
  return kUnknown;
}

// Of the group that the process is in; "max" is no number.
std::uint64_t left_in_control_group() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("0::")) continue;
    const std::string group = "/sys/fs/cgroup" + line.substr(3);
    const auto most = number_in(group + "/memory.max");
    const auto used = number_in(group + "/memory.current");
    if (most && used) return *most - std::min(*most, *used);
  }
  return kUnknown;
}

}  // namespace

std::uint64_t available_memory_bytes() {
  const std::uint64_t bytes = std::min(available_of_kernel(), left_in_control_group());
  return bytes == kUnknown ? 0 : bytes;
}

}  // namespace obscura::base
