#include "plan/program/choose_cuts.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "base/check.hpp"
#include "plan/program/cut.hpp"
#include "plan/program/leading_layer.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

constexpr double kBytesPerMs = 125e3;  ///< a gigabit per second
constexpr double kSlack = 1.05;        ///< what the slowest stage may lose for fewer bytes across cuts
constexpr double kNever = std::numeric_limits<double>::infinity();

/// What a stage that begins at a place wins if its leading layer is split.
struct Split {
  std::size_t end = 0;     ///< the stage holds the layer if it ends here or later; 0: the layer cannot be split
  double layer_ms = 0;     ///< what the layer takes as one
  double saved_ms = 0;     ///< may be negative: shards return more ciphertexts
  std::size_t widest = 0;  ///< giant steps of the layer, whether they are enough or not
};

/// A place where the program may be cut: before instruction `position`.
struct Place {
  std::size_t position;
  double before_ms;  ///< predicted time of all instructions before it
  double bytes;      ///< of the ciphertexts that cross it, as files hold them
  Split split = {};
};

/// Beginning, every place between two layers where a stage can begin, and end.
std::vector<Place> places_of(const Program& program, std::span<const double> predicted_ms) {
  const auto params = make_params(program);
  OBSCURA_CHECK(params.has_value(), "a verified program has parameters");
  const auto bytes_of = [&](const std::vector<ValueId>& values) {
    double bytes = 0;
    for (const ValueId id : values) {
      const Level level = program.instructions[static_cast<std::size_t>(id.value())].level;
      bytes += static_cast<double>(stored_ciphertext_bytes(*params, level));
    }
    return bytes;
  };
  const std::vector<std::size_t> last = last_uses(program);
  std::vector<Place> places{{0, 0.0, bytes_of(live_at(program, last, 0))}};
  const Instruction* computed = nullptr;  // the last one that is not an input
  double ms = 0;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& here = program.instructions[i];
    if (!std::holds_alternative<Input>(here.operation)) {
      const std::vector<ValueId> live =
          computed != nullptr && computed->stage != here.stage ? live_at(program, last, i) : std::vector<ValueId>{};
      const bool fits = live.size() <= std::min(kMaxInputCiphertexts, kMaxResults);
      if (!live.empty() && fits) places.push_back({i, ms, bytes_of(live)});
      computed = &here;
    }
    ms += predicted_ms[i];
  }
  places.push_back({program.instructions.size(), ms, bytes_of(program.results)});
  return places;
}

/// How the layer that a stage from `position` on leads with would be split.
Split split_at(const Program& program, std::span<const double> predicted_ms, std::size_t position, std::size_t shards) {
  const LeadingLayer layer = leading_layer(program, position, program.instructions.size());
  Split split;
  split.widest = layer.giants;
  if (layer.giants < shards) return split;
  const auto params = make_params(program);
  OBSCURA_CHECK(params.has_value(), "a verified program has parameters");
  double slowest_ms = 0;
  double bytes = 0;
  for (const std::vector<Piece>& pieces : divide(program, layer, shards)) {
    slowest_ms = std::max(slowest_ms, predicted_ms_of(program, pieces, predicted_ms));
    for (const Piece& piece : pieces) {
      // As a partial sum, which it mostly is.
      const Instruction& linear = program.instructions[piece.linear];
      const Instruction sum{Input{0, true}, working_level(linear), linear.scale, 0};
      bytes += static_cast<double>(stored_value_bytes(*params, sum));
    }
  }
  for (const std::size_t linear : layer.linears) split.layer_ms += predicted_ms[linear];
  split.saved_ms = split.layer_ms - slowest_ms - bytes / kBytesPerMs;
  split.end = layer.linears.back() + 1;
  return split;
}

double plain_ms(const Place& begin, const Place& end) {
  return end.before_ms - begin.before_ms + (begin.bytes + end.bytes) / kBytesPerMs;
}

/// What is asked for besides the number of stages.
struct Wish {
  std::size_t wide_end = 0;  ///< Split::end of the layer that is split wherever it is; 0: nothing is split

  /// The layer is split only if its stage leads with it.
  [[nodiscard]] bool allows(const Place& begin, const Place& end) const {
    const bool holds = begin.position < wide_end && wide_end <= end.position;
    return !holds || begin.split.end == wide_end;
  }
  [[nodiscard]] bool splits(const Place& begin, const Place& end) const {
    if (wide_end == 0 || begin.split.end == 0 || begin.split.end > end.position) return false;
    return begin.split.end == wide_end || 2 * begin.split.layer_ms >= end.before_ms - begin.before_ms;
  }
  [[nodiscard]] double stage_ms(const Place& begin, const Place& end) const {
    if (!allows(begin, end)) return kNever;
    return plain_ms(begin, end) - (splits(begin, end) ? begin.split.saved_ms : 0);
  }
};

/// What stages one after the other cost. The less, the better; bytes count first.
struct Cost {
  double bytes;       ///< across cuts
  double slowest_ms;  ///< of the stages
  friend auto operator<=>(const Cost&, const Cost&) = default;
};

/// The cost of stages that end at a place, when the last of them begins at another and those before cost `before`.
using Join = std::function<Cost(const Cost& before, const Place& begin, const Place& end)>;

struct Division {
  std::vector<std::size_t> places;  ///< number of the place where each stage but the first begins
  Cost cost;
};

/// The best division of all places into `stages`: dynamic programming over the place where the last stage begins.
Division divide(const std::vector<Place>& places, std::size_t stages, const Join& join) {
  const std::size_t count = places.size();
  constexpr Cost impossible{kNever, kNever};
  std::vector<Cost> cost(count, impossible);
  cost[0] = {0, 0};
  std::vector<std::vector<std::size_t>> from;  // [stage][place]
  for (std::size_t stage = 0; stage < stages; ++stage) {
    std::vector<Cost> next(count, impossible);
    from.emplace_back(count, 0);
    for (std::size_t end = stage + 1; end < count; ++end) {
      for (std::size_t begin = stage; begin < end; ++begin) {
        const Cost joined = join(cost[begin], places[begin], places[end]);
        if (joined >= next[end]) continue;
        next[end] = joined;
        from.back()[end] = begin;
      }
    }
    cost = std::move(next);
  }
  Division division{{}, cost.back()};
  std::size_t place = count - 1;
  for (std::size_t stage = stages; stage-- > 1;) {
    place = from[stage][place];
    division.places.insert(division.places.begin(), place);
  }
  return division;
}

base::Result<void> check_stages(const std::vector<Place>& places, std::size_t stages) {
  const std::size_t most = std::min(places.size() - 1, kMaxCutStages);
  if (stages >= 1 && stages <= most) return {};
  return base::fail(base::ErrorCode::kUsage,
                    "the program cannot be cut into " + std::to_string(stages) +
                        " stages: between its layers there is room for 1 to " + std::to_string(most),
                    "ask for fewer stages");
}

/// The places where the stages begin, and the end.
std::vector<const Place*> choose(const std::vector<Place>& places, std::size_t stages, const Wish& wish) {
  const Division fastest = divide(places, stages, [&](const Cost& before, const Place& begin, const Place& end) {
    const double ms = wish.stage_ms(begin, end);
    return Cost{ms < kNever ? before.bytes : kNever, std::max(before.slowest_ms, ms)};
  });
  const double limit_ms = fastest.cost.slowest_ms * kSlack;
  const Division division = divide(places, stages, [&](const Cost& before, const Place& begin, const Place& end) {
    const double ms = wish.stage_ms(begin, end);
    return Cost{ms <= limit_ms ? before.bytes + end.bytes : kNever, std::max(before.slowest_ms, ms)};
  });
  std::vector<const Place*> chosen = {&places.front()};
  for (const std::size_t place : division.places) chosen.push_back(&places[place]);
  chosen.push_back(&places.back());
  return chosen;
}

std::vector<std::size_t> cuts_of(const std::vector<const Place*>& chosen) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i + 1 < chosen.size(); ++i) cuts.push_back(chosen[i]->position);
  return cuts;
}

}  // namespace

base::Result<std::vector<std::size_t>> choose_cuts(const Program& program, std::span<const double> predicted_ms,
                                                   std::size_t stages) {
  OBSCURA_CHECK(predicted_ms.size() == program.instructions.size(), "there is one prediction per instruction");
  const std::vector<Place> places = places_of(program, predicted_ms);
  OBSCURA_TRY_VOID(check_stages(places, stages));
  return cuts_of(choose(places, stages, {}));
}

std::vector<std::size_t> cuts_behind_bootstraps(const Program& program) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < program.instructions.size(); ++i) {
    const Instruction& before = program.instructions[i - 1];
    const bool behind = std::holds_alternative<Bootstrap>(before.operation);
    if (behind && program.instructions[i].stage != before.stage) cuts.push_back(i);
  }
  return cuts;
}

base::Result<ShardedCuts> choose_sharded_cuts(const Program& program, std::span<const double> predicted_ms,
                                              std::size_t stages, std::size_t shards) {
  OBSCURA_CHECK(predicted_ms.size() == program.instructions.size(), "there is one prediction per instruction");
  OBSCURA_CHECK(shards >= 2, "a stage of one shard is not split");
  std::vector<Place> places = places_of(program, predicted_ms);
  OBSCURA_TRY_VOID(check_stages(places, stages));
  const Place* wide = nullptr;
  std::size_t widest = 0;
  for (std::size_t i = 0; i + 1 < places.size(); ++i) {
    places[i].split = split_at(program, predicted_ms, places[i].position, shards);
    widest = std::max(widest, places[i].split.widest);
    // In a single stage only what it begins with.
    const bool can_be = places[i].split.end > 0 && (i == 0 || stages > 1);
    if (can_be && (wide == nullptr || places[i].split.layer_ms > wide->split.layer_ms)) wide = &places[i];
  }
  if (wide == nullptr) {
    return base::fail(base::ErrorCode::kUsage,
                      "no linear layer is wide enough for " + std::to_string(shards) +
                          " shards: the widest with which a stage can begin has " + std::to_string(widest) +
                          " giant steps",
                      "ask for fewer shards");
  }
  const Wish wish{wide->split.end};
  const std::vector<const Place*> chosen = choose(places, stages, wish);
  ShardedCuts result{cuts_of(chosen), {}};
  for (std::size_t i = 0; i + 1 < chosen.size(); ++i) {
    result.shards.push_back(wish.splits(*chosen[i], *chosen[i + 1]) ? shards : 1);
  }
  return result;
}

}  // namespace obscura::plan::program
