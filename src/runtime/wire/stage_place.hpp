#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "artifact/digest.hpp"
#include "plan/program/shard.hpp"

namespace obscura::runtime::wire {

/// StagePlace::shard of a merge.
inline constexpr std::uint32_t kMergeFile = 0;
/// Most shards of a stage.
inline constexpr std::uint32_t kMaxShards = 64;

/// Where a file stands among those that a program was cut into and that were sealed together: a stage, or a shard or
/// the merge of one. A whole model is the only stage of itself.
struct StagePlace {
  artifact::Digest plan{};                          ///< of the whole program
  artifact::Digest sealing{};                       ///< drawn once per sealing: names the set; zero for a whole model
  std::uint32_t number = 1;                         ///< of this stage, 1 to `count`
  std::uint32_t count = 1;                          ///< of the stages
  std::vector<plan::program::WeightRun> weights{};  ///< of the whole program, those that are here; none: all
  std::uint32_t shards = 1;                         ///< of this stage; 1: it is not split
  std::uint32_t shard = 1;                          ///< of this file, 1 to `shards`; kMergeFile

  [[nodiscard]] bool is_split() const { return shards > 1; }
  [[nodiscard]] bool is_merge() const { return is_split() && shard == kMergeFile; }
  [[nodiscard]] bool is_shard() const { return is_split() && shard != kMergeFile; }
  /// Number in the whole program of weight `index` of this file.
  [[nodiscard]] std::uint64_t number_of_weight(std::size_t index) const;
  /// "stage 2 of 3", "shard 1 of 4 of stage 2 of 3", "the merge of stage 2 of 3".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const StagePlace&, const StagePlace&) = default;
};

}  // namespace obscura::runtime::wire
