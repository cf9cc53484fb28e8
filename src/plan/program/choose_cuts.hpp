#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "plan/program/program.hpp"

namespace obscura::plan::program {

/// Where to cut a verified program into `stages` stages (for cut.hpp): between layers, so that the slowest stage is as
/// fast as it can be, then, allowing it a twentieth more, those that fewest bytes cross. A stage takes
/// its predicted time and that of the ciphertexts that it takes and returns, at a gigabit per second.
/// `predicted_ms` [instructions], one thread. Errors: kUsage when there are fewer layers, or places between layers
/// where no more ciphertexts are live than a stage takes.
/// Cost: instructions * layers + stages * layers^2 steps.
[[nodiscard]] base::Result<std::vector<std::size_t>> choose_cuts(const Program& program,
                                                                 std::span<const double> predicted_ms,
                                                                 std::size_t stages);

/// Where to cut a verified program so that each stage but the last ends with a bootstrap, when nothing of the next
/// layer is computed yet. Empty for a program without bootstraps.
[[nodiscard]] std::vector<std::size_t> cuts_behind_bootstraps(const Program& program);

/// Cuts, and which stages are split into shards.
struct ShardedCuts {
  std::vector<std::size_t> cuts;
  std::vector<std::size_t> shards;  ///< [stages] 1: not split
  friend bool operator==(const ShardedCuts&, const ShardedCuts&) = default;
};

/// The same where wide layers are split into `shards` shards, at least two. A layer can be when a stage begins with it
/// and it has as many giant steps (leading_layer.hpp). The slowest of these layers begins a stage and is split, and so
/// is every other that begins a stage and takes at least half of its predicted time. A stage that is split takes the
/// time of its slowest shard and of what follows the layer, and that of the ciphertexts that its shards return as well.
/// Errors: as choose_cuts; kUsage when no layer is wide enough.
[[nodiscard]] base::Result<ShardedCuts> choose_sharded_cuts(const Program& program,
                                                            std::span<const double> predicted_ms, std::size_t stages,
                                                            std::size_t shards);

}  // namespace obscura::plan::program
