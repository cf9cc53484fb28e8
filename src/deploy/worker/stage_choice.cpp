#include "deploy/worker/stage_choice.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace obscura::deploy::worker {
namespace {

constexpr std::string_view kMerge = "merge";

/// A number from 1 on, without anything beside it.
std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

}  // namespace

bool StageChoice::takes(const runtime::wire::StagePlace& place) const {
  if (place.number != stage) return false;
  return !shard || (place.is_split() && place.shard == *shard);
}

std::string StageChoice::text() const {
  if (!shard) return std::to_string(stage);
  return *shard == runtime::wire::kMergeFile ? fmt::format("{}.{}", stage, kMerge)
                                             : fmt::format("{}.{}", stage, *shard);
}

base::Result<StageChoice> parse_stage_choice(const std::string& text) {
  const std::size_t dot = text.find('.');
  const auto stage = number_of(std::string_view(text).substr(0, dot));
  if (stage && dot == std::string::npos) return StageChoice{*stage};
  const std::string_view rest = dot == std::string::npos ? std::string_view() : std::string_view(text).substr(dot + 1);
  const auto shard = rest == kMerge ? std::optional(runtime::wire::kMergeFile) : number_of(rest);
  if (stage && shard) return StageChoice{*stage, *shard};
  return base::fail(base::ErrorCode::kUsage, fmt::format("\"{}\" names no stage", text),
                    "give a stage (2), a shard of one (2.3) or its merge (2.merge), numbered from 1");
}

}  // namespace obscura::deploy::worker
