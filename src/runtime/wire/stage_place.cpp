#include "runtime/wire/stage_place.hpp"

#include <fmt/format.h>

#include "base/check.hpp"

namespace obscura::runtime::wire {

std::uint64_t StagePlace::number_of_weight(std::size_t index) const {
  if (weights.empty()) return index;
  for (const plan::program::WeightRun& run : weights) {
    const auto of_run = static_cast<std::size_t>(run.count);
    if (index < of_run) return static_cast<std::uint64_t>(run.first) + index;
    index -= of_run;
  }
  OBSCURA_CHECK(false, "a file has no more weights than its runs");
  return 0;
}

std::string StagePlace::text() const {
  const std::string stage = fmt::format("stage {} of {}", number, count);
  if (!is_split()) return stage;
  return is_merge() ? "the merge of " + stage : fmt::format("shard {} of {} of {}", shard, shards, stage);
}

}  // namespace obscura::runtime::wire
