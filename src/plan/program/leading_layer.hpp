#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "plan/program/program.hpp"

/// The linear layer with which a stage begins, and how its giant steps are divided. Only there can a stage be split
/// into shards: what stands before it needs no weight, so that every weight lies in one shard or in the merge.
namespace obscura::plan::program {

struct LeadingLayer {
  std::vector<std::size_t> linears;  ///< numbers of its Linear instructions, ascending; none: there is no such layer
  std::size_t giants = 0;            ///< giant steps of all of them: the most shards that there can be
};

/// Of a stage that is the instructions [begin, end) of a program: those Linear that need no weight before them, of one
/// layer, one after the other.
[[nodiscard]] LeadingLayer leading_layer(const Program& program, std::size_t begin, std::size_t end);

/// Giant steps [first, last) of the Linear that is instruction `linear`.
struct Piece {
  std::size_t linear;
  std::size_t first;
  std::size_t last;
  friend bool operator==(const Piece&, const Piece&) = default;
};

/// Which giant steps each of `shards`, at most layer.giants, computes: in their order, so that the weights of a shard
/// follow each other, each at least one, and about equally much work each. Shape [shards].
[[nodiscard]] std::vector<std::vector<Piece>> divide(const Program& program, const LeadingLayer& layer,
                                                     std::size_t shards);

/// What the pieces take of the predicted time of their linears, by their rotations and products. A rotation that two
/// pieces need is counted in both: they do not share it.
[[nodiscard]] double predicted_ms_of(const Program& program, std::span<const Piece> pieces,
                                     std::span<const double> predicted_ms);

}  // namespace obscura::plan::program
