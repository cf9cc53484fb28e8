#include "plan/program/shard.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "plan/program/detail/state_costs.hpp"
#include "plan/program/leading_layer.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

std::size_t index_of(ValueId id) {
  return static_cast<std::size_t>(id.value());
}

bool is_input(const Instruction& instruction) {
  return std::holds_alternative<Input>(instruction.operation);
}

/// Where each value of a stage comes to be.
struct Places {
  LeadingLayer layer;
  std::set<std::size_t> linears;  ///< of the layer
  std::set<std::size_t> before;   ///< what the layer reads that is computed: every shard computes what it needs of it
  std::vector<std::size_t> kept;  ///< inputs, and values before the layer, that the merge needs; ascending
};

/// Adds what `of` is computed from, but for inputs.
void add_ancestors(const Program& program, std::size_t of, std::set<std::size_t>& ancestors) {
  for (const ValueId id : operands_of(program.instructions[of].operation)) {
    const std::size_t at = index_of(id);
    if (is_input(program.instructions[at]) || !ancestors.insert(at).second) continue;
    add_ancestors(program, at, ancestors);
  }
}

Places places_of(const Program& program) {
  Places places;
  places.layer = leading_layer(program, 0, program.instructions.size());
  places.linears = {places.layer.linears.begin(), places.layer.linears.end()};
  for (const std::size_t linear : places.linears) add_ancestors(program, linear, places.before);
  std::set<std::size_t> read;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    if (places.linears.contains(i) || places.before.contains(i)) continue;
    for (const ValueId id : operands_of(program.instructions[i].operation)) read.insert(index_of(id));
  }
  for (const ValueId id : program.results) read.insert(index_of(id));
  for (const std::size_t i : read) {
    if (is_input(program.instructions[i]) || places.before.contains(i)) places.kept.push_back(i);
  }
  return places;
}

/// Builds one part out of instructions of the stage.
class PartBuilder {
 public:
  explicit PartBuilder(const CutStage& stage) : stage_(stage) {
    program().params = stage.program.params;
    program().insecure = stage.program.insecure;
    program().sealing_key = stage.program.sealing_key;
  }

  /// A ciphertext that the part takes, as the next one. `like`: an instruction of the stage, or of another part.
  ValueId take(const Instruction& like, int layer, bool partial) {
    const int index = program().input_packing.ciphertexts++;
    return put({Input{index, partial}, like.level, like.scale, layer});
  }

  /// Value number `index` of the stage is `now` here.
  void name(std::size_t index, ValueId now) { now_[index] = now; }
  [[nodiscard]] ValueId now(std::size_t index) const { return now_.at(index); }

  ValueId copy(std::size_t index, Instruction instruction) {
    replace_operands(instruction.operation, [this](ValueId id) { return now_.at(index_of(id)); });
    for (const WeightId id : weights_of(instruction.operation)) add_weight(id);
    int next = static_cast<int>(program().weights.size() - weights_of(instruction.operation).size());
    replace_weights(instruction.operation, [&next](WeightId) { return WeightId(next++); });
    const ValueId id = put(std::move(instruction));
    name(index, id);
    return id;
  }

  void copy(std::size_t index) {
    program().cost.latency_ms += stage_.predicted_ms[index];
    copy(index, stage_.program.instructions[index]);
  }

  ValueId put(Instruction instruction) {
    const auto [it, is_new] = layers_.try_emplace(instruction.stage, static_cast<int>(program().stages.size()));
    if (is_new) program().stages.push_back(stage_.program.stages[static_cast<std::size_t>(instruction.stage)]);
    instruction.stage = it->second;
    program().instructions.push_back(std::move(instruction));
    return ValueId(static_cast<int>(program().instructions.size()) - 1);
  }

  [[nodiscard]] Program& program() { return part_.program; }

  base::Result<Part> finish() {
    detail::state_costs(program());
    OBSCURA_TRY_VOID(verify_stage(program()));
    return std::move(part_);
  }

 private:
  void add_weight(WeightId id) {
    program().weights.push_back(stage_.program.weights[static_cast<std::size_t>(id.value())]);
    const int of_whole = stage_.first_weight + id.value();
    std::vector<WeightRun>& runs = part_.weights;
    if (!runs.empty() && runs.back().first + runs.back().count == of_whole) {
      ++runs.back().count;
    } else {
      runs.push_back({of_whole, 1});
    }
  }

  const CutStage& stage_;
  Part part_;
  std::map<std::size_t, ValueId> now_;
  std::map<int, int> layers_;
};

/// What a shard returns: value number `index` of the stage, or part of it.
struct Returned {
  std::size_t index;
  Instruction value;
};

struct Shard {
  Part part;
  std::vector<Returned> returned;  ///< as results of the program
};

/// Some giant steps of an instruction, with those operands that they read.
Instruction piece_of(const Instruction& whole, const Piece& piece) {
  Instruction instruction = whole;
  auto& linear = std::get<Linear>(instruction.operation);
  if (piece.first == 0 && piece.last == linear.steps.size()) return instruction;
  linear.steps = {linear.steps.begin() + static_cast<std::ptrdiff_t>(piece.first),
                  linear.steps.begin() + static_cast<std::ptrdiff_t>(piece.last)};
  std::map<int, int> now;
  std::vector<ValueId> operands;
  for (GiantStep& step : linear.steps) {
    for (Term& term : step.terms) {
      const auto [it, is_new] = now.try_emplace(term.input, static_cast<int>(operands.size()));
      if (is_new) operands.push_back(linear.operands[static_cast<std::size_t>(term.input)]);
      term.input = it->second;
    }
  }
  linear.operands = std::move(operands);
  if (linear.rescale) {
    instruction.level = working_level(whole);
    instruction.scale = whole.scale.times_prime(fhe::params::PrimeIndex(instruction.level.value()));
  }
  linear.rescale = false;
  linear.partial = true;
  return instruction;
}

base::Result<Shard> build_shard(const CutStage& stage, const std::vector<Piece>& pieces,
                                const std::vector<std::size_t>& kept) {
  const Program& program = stage.program;
  PartBuilder builder(stage);
  Shard shard;
  std::set<std::size_t> before;
  for (const Piece& piece : pieces) add_ancestors(program, piece.linear, before);
  for (const std::size_t i : kept) {
    if (is_input(program.instructions[i])) continue;
    before.insert(i);
    add_ancestors(program, i, before);
  }
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& instruction = program.instructions[i];
    if (is_input(instruction)) builder.name(i, builder.take(instruction, instruction.stage, false));
  }
  for (const std::size_t i : before) builder.copy(i);
  for (const std::size_t i : kept) {
    builder.program().results.push_back(builder.now(i));
    shard.returned.push_back({i, program.instructions[i]});
  }
  for (const Piece& piece : pieces) {
    const Instruction instruction = piece_of(program.instructions[piece.linear], piece);
    builder.program().results.push_back(builder.copy(piece.linear, instruction));
    shard.returned.push_back({piece.linear, instruction});
  }
  builder.program().cost.latency_ms += predicted_ms_of(program, pieces, stage.predicted_ms);
  OBSCURA_TRY(shard.part, builder.finish());
  return shard;
}

base::Result<Part> build_merge(const CutStage& stage, const Places& places, const std::vector<Shard>& shards) {
  const Program& program = stage.program;
  PartBuilder builder(stage);
  std::map<std::size_t, std::vector<ValueId>> partial;
  for (const Shard& shard : shards) {
    for (const Returned& value : shard.returned) {
      const bool is_part = is_partial(value.value.operation);
      const ValueId id = builder.take(value.value, program.instructions[value.index].stage, is_part);
      builder.name(value.index, id);
      if (is_part) partial[value.index].push_back(id);
    }
  }
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& instruction = program.instructions[i];
    if (const auto parts = partial.find(i); parts != partial.end()) {
      const bool rescale = std::get<Linear>(instruction.operation).rescale;
      builder.name(
          i, builder.put({Join{parts->second, rescale}, instruction.level, instruction.scale, instruction.stage}));
    } else if (!is_input(instruction) && !places.linears.contains(i) && !places.before.contains(i)) {
      builder.copy(i);
    }
  }
  for (const ValueId id : program.results) builder.program().results.push_back(builder.now(index_of(id)));
  return builder.finish();
}

}  // namespace

StageParts in_one_part(CutStage stage) {
  const auto count = static_cast<int>(stage.program.weights.size());
  return {{}, {std::move(stage.program), {{stage.first_weight, count}}}};
}

base::Result<StageParts> shard(const CutStage& stage, std::size_t shards) {
  OBSCURA_CHECK(shards >= 2, "a stage of one shard is not split");
  const Places places = places_of(stage.program);
  if (shards > places.layer.giants) {
    return base::fail(base::ErrorCode::kUsage,
                      "the stage begins with a linear layer of " + std::to_string(places.layer.giants) +
                          " giant steps, and cannot be split into " + std::to_string(shards) + " shards",
                      "ask for fewer shards");
  }
  std::vector<Shard> built;
  std::size_t taken = 0;
  for (const std::vector<Piece>& pieces : divide(stage.program, places.layer, shards)) {
    OBSCURA_TRY(Shard one, build_shard(stage, pieces, built.empty() ? places.kept : std::vector<std::size_t>()));
    taken += one.returned.size();
    built.push_back(std::move(one));
  }
  if (taken > kMaxInputCiphertexts) {
    return base::fail(base::ErrorCode::kLimit,
                      "the merge of " + std::to_string(shards) + " shards would take " + std::to_string(taken) +
                          " ciphertexts; at most " + std::to_string(kMaxInputCiphertexts) + " are possible",
                      "ask for fewer shards");
  }
  StageParts parts;
  OBSCURA_TRY(parts.last, build_merge(stage, places, built));
  for (Shard& one : built) parts.shards.push_back(std::move(one.part));
  return parts;
}

}  // namespace obscura::plan::program
