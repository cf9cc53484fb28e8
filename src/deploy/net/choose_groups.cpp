#include "deploy/net/choose_groups.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace obscura::deploy::net {
namespace {

using base::ErrorCode;

std::string names_of(const Trust& trust) {
  std::string names = trust.workers.empty() ? "" : std::string(kNoGroup);
  for (const WorkerGroup& group : trust.groups) names += (names.empty() ? "" : ", ") + group.name;
  return names.empty() ? "none" : names;
}

base::Result<std::vector<std::uint32_t>> numbers_of(const Trust& trust, std::span<const std::string> names) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& name : names) {
    const auto number = find_group(trust, name);
    if (!number || workers_of(trust, *number).empty()) {
      return base::fail(
          ErrorCode::kUntrusted, fmt::format("no workers of a group {} are trusted", name),
          fmt::format("there are: {}; the trust folder has them in workers/NUMBER-NAME", names_of(trust)));
    }
    if (std::find(numbers.begin(), numbers.end(), *number) != numbers.end()) {
      return base::fail(ErrorCode::kUsage, fmt::format("the group {} stands there twice", name),
                        "replicas are compared between different groups");
    }
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

std::string name_of_group(const Trust& trust, std::uint32_t number) {
  if (number == 0) return std::string(kNoGroup);
  const auto group = std::find_if(trust.groups.begin(), trust.groups.end(),
                                  [&](const WorkerGroup& known) { return known.number == number; });
  return group == trust.groups.end() ? fmt::format("group {}", number) : group->name;
}

std::optional<std::uint32_t> find_group(const Trust& trust, std::string_view name) {
  if (name == kNoGroup) return 0;
  const auto group = std::find_if(trust.groups.begin(), trust.groups.end(),
                                  [&](const WorkerGroup& known) { return known.name == name; });
  return group == trust.groups.end() ? std::nullopt : std::optional(group->number);
}

base::Result<std::vector<std::uint32_t>> choose_groups(const Trust& trust, std::span<const std::string> names,
                                                       std::size_t count) {
  OBSCURA_TRY(std::vector<std::uint32_t> numbers, numbers_of(trust, names));
  if (names.empty()) {
    if (!trust.workers.empty()) numbers.push_back(0);
    for (const WorkerGroup& group : trust.groups) {
      if (!group.workers.empty()) numbers.push_back(group.number);
    }
    // A job for one group goes out also when no worker is known yet.
    if (numbers.empty()) numbers.push_back(0);
  }
  const std::size_t wanted = count > 0 ? count : std::max<std::size_t>(1, names.size());
  if (numbers.size() < wanted) {
    return base::fail(ErrorCode::kUsage,
                      fmt::format("{} replicas need as many groups of workers; there are {}: {}", wanted,
                                  numbers.size(), names_of(trust)),
                      "ask for fewer with --replicas, or have more operators added to the trust folder");
  }
  numbers.resize(wanted);
  return numbers;
}

}  // namespace obscura::deploy::net
