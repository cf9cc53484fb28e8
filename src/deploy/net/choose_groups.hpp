#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/trust.hpp"

namespace obscura::deploy::net {

/// What the workers without a group are called: group 0.
inline constexpr std::string_view kNoGroup = "default";

/// The name of a group, for people; "group 7" for one that is not known.
[[nodiscard]] std::string name_of_group(const Trust& trust, std::uint32_t number);
/// Its number; nothing when no group has that name.
[[nodiscard]] std::optional<std::uint32_t> find_group(const Trust& trust, std::string_view name);

/// The groups that a job goes to, its replicas: the first `count` of `names`, or, when there are none, of all that have
/// workers, by number. `count` 0: all of `names`, or one. Errors: kUsage (too few, one twice), kUntrusted (a name that
/// no group has, or a group without workers).
[[nodiscard]] base::Result<std::vector<std::uint32_t>> choose_groups(const Trust& trust,
                                                                     std::span<const std::string> names,
                                                                     std::size_t count);

}  // namespace obscura::deploy::net
