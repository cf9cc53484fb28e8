#include "plan/program/leading_layer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::plan::program {
namespace {

// Work in rotations whose digits are there already. A giant step switches two parts by itself, or one where it does
// not rotate.
constexpr double kGiantWork = 2;
constexpr double kPlainGiantWork = 1;
constexpr double kTermWork = 0.25;

const Linear& linear_at(const Program& program, std::size_t index) {
  return std::get<Linear>(program.instructions[index].operation);
}

double giant_work(const GiantStep& step) {
  return (step.giant.value() == 0 ? kPlainGiantWork : kGiantWork) + kTermWork * static_cast<double>(step.terms.size());
}

double work_of(const Program& program, const Piece& piece) {
  std::set<std::pair<int, RotationStep>> rotated;
  double work = 0;
  for (std::size_t i = piece.first; i < piece.last; ++i) {
    const GiantStep& step = linear_at(program, piece.linear).steps[i];
    work += giant_work(step);
    for (const Term& term : step.terms) {
      if (term.baby.value() != 0) rotated.emplace(term.input, term.baby);
    }
  }
  return work + static_cast<double>(rotated.size());
}

/// Where the second and later shards begin, as numbers of `work`.
std::vector<std::size_t> beginnings(const std::vector<double>& work, std::size_t shards) {
  double total = 0;
  for (const double one : work) total += one;
  std::vector<std::size_t> begins;
  double before = 0;
  std::size_t next = 0;
  for (std::size_t shard = 1; shard < shards; ++shard) {
    const double due = total * static_cast<double>(shard) / static_cast<double>(shards);
    const std::size_t least = (begins.empty() ? 0 : begins.back()) + 1;
    const std::size_t most = work.size() - (shards - shard);
    // The end of a giant step that is nearest to what is due.
    while (next < most && (next < least || before + work[next] / 2 < due)) before += work[next++];
    begins.push_back(next);
  }
  return begins;
}

}  // namespace

LeadingLayer leading_layer(const Program& program, std::size_t begin, std::size_t end) {
  LeadingLayer layer;
  std::vector<bool> weighted(end - begin);
  const auto is_weighted = [&](ValueId id) {
    const auto at = static_cast<std::size_t>(id.value());
    return at >= begin && weighted[at - begin];
  };
  for (std::size_t i = begin; i < end; ++i) {
    const Instruction& instruction = program.instructions[i];
    if (std::holds_alternative<Input>(instruction.operation)) continue;
    const bool later = !layer.linears.empty() && instruction.stage != program.instructions[layer.linears[0]].stage;
    if (later) break;
    const std::vector<ValueId> operands = operands_of(instruction.operation);
    const bool follows = std::any_of(operands.begin(), operands.end(), is_weighted);
    weighted[i - begin] = follows || !weights_of(instruction.operation).empty();
    const auto* linear = std::get_if<Linear>(&instruction.operation);
    if (linear == nullptr || follows) continue;
    layer.linears.push_back(i);
    layer.giants += linear->steps.size();
  }
  return layer;
}

std::vector<std::vector<Piece>> divide(const Program& program, const LeadingLayer& layer, std::size_t shards) {
  OBSCURA_CHECK(shards >= 1 && shards <= layer.giants, "every shard has a giant step");
  std::vector<Piece> single;  // one giant step each
  std::vector<double> work;
  for (const std::size_t linear : layer.linears) {
    const auto& steps = linear_at(program, linear).steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      single.push_back({linear, i, i + 1});
      work.push_back(giant_work(steps[i]));
    }
  }
  std::vector<std::size_t> ends = beginnings(work, shards);
  ends.push_back(single.size());
  std::vector<std::vector<Piece>> division(shards);
  std::size_t next = 0;
  for (std::size_t shard = 0; shard < shards; ++shard) {
    std::vector<Piece>& pieces = division[shard];
    for (; next < ends[shard]; ++next) {
      if (!pieces.empty() && pieces.back().linear == single[next].linear) {
        pieces.back().last = single[next].last;
      } else {
        pieces.push_back(single[next]);
      }
    }
  }
  return division;
}

double predicted_ms_of(const Program& program, std::span<const Piece> pieces, std::span<const double> predicted_ms) {
  double ms = 0;
  for (const Piece& piece : pieces) {
    const Piece all{piece.linear, 0, linear_at(program, piece.linear).steps.size()};
    ms += predicted_ms[piece.linear] * work_of(program, piece) / work_of(program, all);
  }
  return ms;
}

}  // namespace obscura::plan::program
