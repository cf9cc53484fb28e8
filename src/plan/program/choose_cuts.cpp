#include "plan/program/choose_cuts.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "base/check.hpp"
#include "plan/program/cut.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

constexpr double kBytesPerMs = 125e3;  ///< a gigabit per second
constexpr double kSlack = 1.05;        ///< what the slowest stage may lose for fewer bytes across cuts
constexpr double kNever = std::numeric_limits<double>::infinity();

/// A place where the program may be cut: before instruction `position`.
struct Place {
  std::size_t position;
  double before_ms;  ///< predicted time of all instructions before it
  double bytes;      ///< of the ciphertexts that cross it, as files hold them
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

double stage_ms(const Place& begin, const Place& end) {
  return end.before_ms - begin.before_ms + (begin.bytes + end.bytes) / kBytesPerMs;
}

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

}  // namespace

base::Result<std::vector<std::size_t>> choose_cuts(const Program& program, std::span<const double> predicted_ms,
                                                   std::size_t stages) {
  OBSCURA_CHECK(predicted_ms.size() == program.instructions.size(), "there is one prediction per instruction");
  const std::vector<Place> places = places_of(program, predicted_ms);
  const std::size_t most = std::min(places.size() - 1, kMaxCutStages);
  if (stages < 1 || stages > most) {
    return base::fail(base::ErrorCode::kUsage,
                      "the program cannot be cut into " + std::to_string(stages) +
                          " stages: between its layers there is room for 1 to " + std::to_string(most),
                      "ask for fewer stages");
  }
  const Division fastest = divide(places, stages, [](const Cost& before, const Place& begin, const Place& end) {
    return Cost{before.bytes, std::max(before.slowest_ms, stage_ms(begin, end))};
  });
  const double limit_ms = fastest.cost.slowest_ms * kSlack;
  const Division division = divide(places, stages, [&](const Cost& before, const Place& begin, const Place& end) {
    const double ms = stage_ms(begin, end);
    return Cost{ms <= limit_ms ? before.bytes + end.bytes : kNever, std::max(before.slowest_ms, ms)};
  });
  std::vector<std::size_t> cuts;
  for (const std::size_t place : division.places) cuts.push_back(places[place].position);
  return cuts;
}

}  // namespace obscura::plan::program
