#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "plan/program/cut.hpp"

/// A stage split into shards, which run side by side, each somewhere else, and a merge behind them. Each shard takes
/// what the stage takes and computes some giant steps of the linear layer with which the stage begins; the merge takes
/// what all shards return, in their order, and computes the rest. A transform that lies in one shard comes back whole;
/// one that several share comes back as partial sums, which the merge adds before it divides (Join). Together they
/// compute what the stage computes, bit for bit.
namespace obscura::plan::program {

/// Weights first, first + 1, ... of a program.
struct WeightRun {
  int first;
  int count;
  friend bool operator==(const WeightRun&, const WeightRun&) = default;
};

/// What one file holds. verify_stage() accepts the program.
struct Part {
  Program program;
  std::vector<WeightRun> weights;  ///< of the whole program, one after the other: the weights of `program`
};

/// A stage as the files that hold it.
struct StageParts {
  std::vector<Part> shards;  ///< none, or at least two
  Part last;                 ///< the stage itself, or the merge of its shards
};

[[nodiscard]] StageParts in_one_part(CutStage stage);

/// Splits a stage into shards, at least two. The first shard also returns what the merge needs of what stands before
/// the layer. Errors: kUsage when the layer has fewer giant steps than that; kLimit when the merge would take too many
/// ciphertexts.
[[nodiscard]] base::Result<StageParts> shard(const CutStage& stage, std::size_t shards);

}  // namespace obscura::plan::program
