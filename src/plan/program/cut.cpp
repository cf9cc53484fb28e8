#include "plan/program/cut.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "plan/program/detail/state_costs.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

using Values = std::vector<ValueId>;

/// Instructions [begin, end) of a program.
struct Range {
  std::size_t begin;
  std::size_t end;
};

const Instruction& at(const Program& program, ValueId id) {
  return program.instructions[static_cast<std::size_t>(id.value())];
}

bool is_input(const Instruction& instruction) {
  return std::holds_alternative<Input>(instruction.operation);
}

/// The values that take the request's ciphertexts, in the order of these.
Values inputs_of(const Program& program) {
  Values inputs(static_cast<std::size_t>(program.input_packing.ciphertexts));
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const auto* input = std::get_if<Input>(&program.instructions[i].operation);
    if (input != nullptr) inputs[static_cast<std::size_t>(input->index)] = ValueId(static_cast<int>(i));
  }
  return inputs;
}

/// Copies one range of a program into a program of its own.
class StageBuilder {
 public:
  StageBuilder(const Program& whole, Range range, int first_weight)
      : whole_(whole), range_(range), stage_{{}, first_weight} {
    Program& program = stage_.program;
    program.params = whole.params;
    program.insecure = whole.insecure;
    program.sealing_key = whole.sealing_key;
  }

  CutStage build(const Values& incoming, const Values& outgoing, std::span<const double> predicted_ms) {
    take(incoming);
    for (std::size_t i = range_.begin; i < range_.end; ++i) {
      stage_.program.cost.latency_ms += predicted_ms[i];
      if (is_input(whole_.instructions[i])) continue;
      copy(i);
      stage_.predicted_ms.push_back(predicted_ms[i]);
    }
    for (const ValueId id : outgoing) stage_.program.results.push_back(now_.at(id));
    if (has_bootstraps(stage_.program)) stage_.program.bootstrap = whole_.bootstrap;
    detail::state_costs(stage_.program);
    return std::move(stage_);
  }

 private:
  /// Inputs are counted to the first layer that the stage computes: it does not name those that made them.
  void take(const Values& incoming) {
    const auto begin = whole_.instructions.begin();
    const auto first = std::find_if_not(begin + static_cast<std::ptrdiff_t>(range_.begin),
                                        begin + static_cast<std::ptrdiff_t>(range_.end), is_input);
    const std::size_t of = std::min(static_cast<std::size_t>(first - begin), range_.end - 1);
    for (std::size_t i = 0; i < incoming.size(); ++i) {
      const Instruction& value = at(whole_, incoming[i]);
      put(incoming[i], {Input{static_cast<int>(i)}, value.level, value.scale, whole_.instructions[of].stage});
    }
    stage_.program.input_packing.ciphertexts = static_cast<int>(incoming.size());
    stage_.predicted_ms.resize(incoming.size());
  }

  void copy(std::size_t index) {
    Instruction instruction = whole_.instructions[index];
    replace_operands(instruction.operation, [this](ValueId id) { return now_.at(id); });
    for (const WeightId id : weights_of(instruction.operation)) {
      stage_.program.weights.push_back(whole_.weights[static_cast<std::size_t>(id.value())]);
    }
    replace_weights(instruction.operation, [this](WeightId id) { return WeightId(id.value() - stage_.first_weight); });
    put(ValueId(static_cast<int>(index)), std::move(instruction));
  }

  void put(ValueId of_whole, Instruction instruction) {
    now_[of_whole] = ValueId(static_cast<int>(stage_.program.instructions.size()));
    instruction.stage = layer(instruction.stage);
    stage_.program.instructions.push_back(std::move(instruction));
  }

  /// Only the layers that the stage computes, in the order in which it comes to them.
  int layer(int of_whole) {
    const auto [it, is_new] = layers_.try_emplace(of_whole, static_cast<int>(stage_.program.stages.size()));
    if (is_new) stage_.program.stages.push_back(whole_.stages[static_cast<std::size_t>(of_whole)]);
    return it->second;
  }

  const Program& whole_;
  Range range_;
  CutStage stage_;
  std::map<ValueId, ValueId> now_;  ///< number in the stage of each value of the whole program
  std::map<int, int> layers_;
};

base::Result<void> check_cuts(const Program& program, std::span<const std::size_t> cuts) {
  std::size_t before = 0;
  for (const std::size_t position : cuts) {
    if (position <= before || position >= program.instructions.size()) {
      return base::fail(base::ErrorCode::kUsage,
                        "a program of " + std::to_string(program.instructions.size()) +
                            " instructions cannot be cut before instruction " + std::to_string(position) +
                            (position > before ? "" : ", behind an earlier cut"),
                        "give cuts in ascending order, each behind the first instruction");
    }
    before = position;
  }
  return {};
}

base::Result<void> check_live(std::size_t live, std::size_t position) {
  if (live >= 1 && live <= std::min(kMaxInputCiphertexts, kMaxResults)) return {};
  return base::fail(base::ErrorCode::kLimit,
                    std::to_string(live) + " ciphertexts are live before instruction " + std::to_string(position) +
                        "; a stage takes 1 to " + std::to_string(std::min(kMaxInputCiphertexts, kMaxResults)),
                    "cut the program elsewhere, or into fewer stages");
}

}  // namespace

std::vector<ValueId> live_at(const Program& program, std::span<const std::size_t> last, std::size_t position) {
  Values live;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const bool input = is_input(program.instructions[i]);
    if (i >= position && !input) continue;
    if (last[i] >= position && !(input && last[i] == i)) live.emplace_back(static_cast<int>(i));
  }
  return live;
}

base::Result<std::vector<CutStage>> cut(const Program& program, std::span<const std::size_t> cuts,
                                        std::span<const double> predicted_ms) {
  OBSCURA_CHECK(predicted_ms.size() == program.instructions.size(), "there is one prediction per instruction");
  OBSCURA_TRY_VOID(check_cuts(program, cuts));
  const std::vector<std::size_t> last = last_uses(program);
  std::vector<CutStage> stages;
  Values incoming = inputs_of(program);
  int first_weight = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const Range range{i == 0 ? 0 : cuts[i - 1], i == cuts.size() ? program.instructions.size() : cuts[i]};
    Values outgoing = i == cuts.size() ? program.results : live_at(program, last, range.end);
    OBSCURA_TRY_VOID(check_live(outgoing.size(), range.end));
    stages.push_back(StageBuilder(program, range, first_weight).build(incoming, outgoing, predicted_ms));
    first_weight += static_cast<int>(stages.back().program.weights.size());
    OBSCURA_TRY_VOID(verify_stage(stages.back().program));
    incoming = std::move(outgoing);
  }
  return stages;
}

}  // namespace obscura::plan::program
