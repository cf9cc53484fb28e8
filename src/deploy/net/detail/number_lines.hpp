#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"

// Lines "name number" of a site's settings; '#' begins a comment.
namespace obscura::deploy::net::detail {

/// What a name stands for: a number within a range, and where it goes.
struct NumberSetting {
  std::uint64_t least;
  std::uint64_t most;
  std::function<void(std::uint64_t)> set;
};
using NumberSettings = std::map<std::string, NumberSetting>;

/// The largest number of anything that is counted, and of seconds or milliseconds: what follows from it fits 64 bits.
inline constexpr std::uint64_t kMostOfAnything = (std::uint64_t{1} << 53) - 1;
inline constexpr std::uint64_t kMostSeconds = 100'000'000;

/// Stores the number; `target` must live as long as the setting.
template <class Integer>
[[nodiscard]] NumberSetting number_setting(Integer& target, std::uint64_t least, std::uint64_t most = kMostOfAnything) {
  return {least, most, [&target](std::uint64_t value) { target = static_cast<Integer>(value); }};
}
/// The same for a duration, of so many `Unit`s.
template <class Unit>
[[nodiscard]] NumberSetting time_setting(Milliseconds& target, std::uint64_t least) {
  return {least, kMostSeconds, [&target](std::uint64_t value) { target = Unit(static_cast<std::int64_t>(value)); }};
}

/// A line without its comment and the white space around what is left.
[[nodiscard]] std::string without_comment(const std::string& line);
/// Reads one line; an empty one says nothing. Error: kUsage, which names `place` and does not repeat the line: in the
/// wrong file it may be a secret.
[[nodiscard]] base::Result<void> read_number_line(const std::string& line, const NumberSettings& known,
                                                  const std::string& place);
/// Reads all lines. Error: likewise, which names `path` and the number of the line.
[[nodiscard]] base::Result<void> read_number_lines(const std::string& text, const NumberSettings& known,
                                                   const std::string& path);

}  // namespace obscura::deploy::net::detail
