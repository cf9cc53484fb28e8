#include "base/memory.hpp"

#include <algorithm>
#include <filesystem>
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

// The number behind a name in a file of names and numbers.
std::optional<std::uint64_t> number_of(const std::string& name, const std::string& path) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    std::uint64_t value = 0;
    if (word == name && file >> value) return value;
  }
  return std::nullopt;
}

// Pages of files that nobody used for long are counted as used, but are given back on demand.
std::uint64_t left_in(const std::string& group) {
  const auto most = number_in(group + "/memory.max");  // "max" is no number
  const auto used = number_in(group + "/memory.current");
  if (!most || !used) return kUnknown;
  const std::uint64_t returnable = number_of("inactive_file", group + "/memory.stat").value_or(0);
  const std::uint64_t needed = *used - std::min(*used, returnable);
  return *most - std::min(*most, needed);
}

// What the group of the process leaves, and all above it.
std::uint64_t left_in_control_groups() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("0::/")) continue;
    std::uint64_t left = kUnknown;
    for (std::filesystem::path group = line.substr(3);; group = group.parent_path()) {
      left = std::min(left, left_in("/sys/fs/cgroup" + group.string()));
      if (group == group.parent_path()) return left;
    }
  }
  return kUnknown;
}

}  // namespace

std::optional<std::uint64_t> available_memory_bytes() {
  const auto kilobytes = number_of("MemAvailable:", "/proc/meminfo");
  const std::uint64_t bytes = std::min(kilobytes ? *kilobytes << 10 : kUnknown, left_in_control_groups());
  return bytes == kUnknown ? std::nullopt : std::optional(bytes);
}

}  // namespace obscura::base
