#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "runtime/wire/stage_place.hpp"

namespace obscura::deploy::worker {

/// Which files of a model a worker is to hold: a stage with all its shards, or one shard of it, or its merge.
struct StageChoice {
  std::uint32_t stage = 1;                  ///< from 1
  std::optional<std::uint32_t> shard = {};  ///< from 1; wire::kMergeFile; none: all
  friend bool operator==(const StageChoice&, const StageChoice&) = default;

  [[nodiscard]] bool takes(const runtime::wire::StagePlace& place) const;
  /// "2", "2.3", "2.merge".
  [[nodiscard]] std::string text() const;
};

/// What text() gives. Error: kUsage.
[[nodiscard]] base::Result<StageChoice> parse_stage_choice(const std::string& text);

}  // namespace obscura::deploy::worker
