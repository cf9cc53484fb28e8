#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "plan/program/detail/fields.hpp"
#include "plan/program/detail/opcodes.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/serialize.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

using base::ByteReader;
using detail::Opcode;

ValueId get_value(ByteReader& in) {
  return ValueId(detail::get_int(in));
}
WeightId get_weight(ByteReader& in) {
  return WeightId(detail::get_int(in));
}
RotationStep get_step(ByteReader& in) {
  return RotationStep(static_cast<std::int32_t>(in.u32()));
}

std::vector<Stage> get_stages(ByteReader& in) {
  std::vector<Stage> stages(in.count(kMaxStages, 8));
  for (Stage& stage : stages) {
    stage.name = in.string(kMaxNameBytes);
    stage.kind = in.string(kMaxNameBytes);
  }
  return stages;
}

std::vector<WeightInfo> get_weights(ByteReader& in) {
  const std::size_t count = in.count(kMaxWeights, 5);
  std::vector<WeightInfo> weights;
  weights.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Level level = detail::get_level(in);
    Scale scale = detail::get_scale(in);
    weights.push_back({level, std::move(scale), detail::get_bool(in)});
  }
  return weights;
}

std::vector<Term> get_terms(ByteReader& in) {
  std::vector<Term> terms(in.count(kMaxTerms, 12));
  for (Term& term : terms) {
    term.input = detail::get_int(in);
    term.baby = get_step(in);
    term.weight = get_weight(in);
  }
  return terms;
}

Linear get_linear(ByteReader& in) {
  Linear linear;
  const std::uint8_t flags =
      detail::get_flags(in, detail::kLinearExtended | detail::kLinearRescale | detail::kLinearPartial);
  linear.extended = (flags & detail::kLinearExtended) != 0;
  linear.rescale = (flags & detail::kLinearRescale) != 0;
  linear.partial = (flags & detail::kLinearPartial) != 0;
  linear.operands.resize(in.count(kMaxInstructions, 4));
  for (ValueId& operand : linear.operands) operand = get_value(in);
  linear.steps.resize(in.count(kMaxTerms, 8));
  for (GiantStep& step : linear.steps) {
    step.giant = get_step(in);
    step.terms = get_terms(in);
  }
  return linear;
}

Join get_join(ByteReader& in) {
  Join join{{}, detail::get_bool(in)};
  join.operands.resize(in.count(kMaxInstructions, 4));
  for (ValueId& operand : join.operands) operand = get_value(in);
  return join;
}

/// Members are read in the order in which braces evaluate them: left to right.
Operation get_operation(ByteReader& in) {
  const auto opcode = static_cast<Opcode>(in.u8());
  switch (opcode) {
    case Opcode::kInput:
      return Input{detail::get_int(in)};
    case Opcode::kPartialInput:
      return Input{detail::get_int(in), true};
    case Opcode::kJoin:
      return get_join(in);
    case Opcode::kLinear:
      return get_linear(in);
    case Opcode::kAddBias:
      return AddBias{get_value(in), get_weight(in)};
    case Opcode::kSquare:
      return Square{get_value(in)};
    case Opcode::kRotate:
      return Rotate{get_value(in), get_step(in)};
    case Opcode::kConjugate:
      return Conjugate{get_value(in)};
    case Opcode::kMultiplyByI:
      return MultiplyByI{get_value(in), in.u8()};
    case Opcode::kAdd:
      return Add{get_value(in), get_value(in)};
    case Opcode::kMultiply:
      return Multiply{get_value(in), get_value(in)};
    case Opcode::kChangeScale:
      return ChangeScale{get_value(in)};
    case Opcode::kBootstrap:
      return Bootstrap{get_value(in), static_cast<std::int32_t>(in.u32()), detail::get_level(in)};
  }
  in.reject("an instruction has an unknown operation");
  return Input{0};
}

std::vector<Instruction> get_instructions(ByteReader& in) {
  const std::size_t count = in.count(kMaxInstructions, 11);
  std::vector<Instruction> instructions;
  instructions.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Level level = detail::get_level(in);
    Scale scale = detail::get_scale(in);
    const int stage = in.u16();
    instructions.push_back({get_operation(in), level, std::move(scale), stage});
  }
  return instructions;
}

Finish get_finish(ByteReader& in) {
  const std::uint8_t finish = in.u8();
  if (finish > static_cast<std::uint8_t>(Finish::kArgMax)) in.reject("an output is finished in an unknown way");
  return static_cast<Finish>(finish);
}

void get_outputs(ByteReader& in, Program& program) {
  program.results.resize(in.count(kMaxResults, 4));
  for (ValueId& result : program.results) result = get_value(in);
  program.outputs.resize(in.count(kMaxOutputs, 17));
  std::size_t left = kMaxScores;
  for (Output& output : program.outputs) {
    output.name = in.string(kMaxNameBytes);
    output.factor = in.f64();
    output.finish = get_finish(in);
    output.element.resize(in.count(left, 6));
    left -= output.element.size();
    for (OutputSlot& element : output.element) {
      element.result = in.u16();
      element.slot = detail::get_int(in);
    }
  }
}

std::vector<KeyNeed> get_key_needs(ByteReader& in) {
  const std::size_t count = in.count(kMaxKeyNeeds, 6);
  std::vector<KeyNeed> needs(count);
  for (KeyNeed& key : needs) {
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(KeyKind::kDecapsulate)) in.reject("a key need has an unknown kind");
    key.kind = static_cast<KeyKind>(kind);
    key.step = get_step(in);
    key.level = detail::get_level(in);
  }
  return needs;
}

void get_statements(ByteReader& in, Program& program) {
  program.error.score_error_sd = in.f64();
  program.error.score_error_bound = in.f64();
  program.error.score_maximum = in.f64();
  program.cost.latency_ms = in.f64();
  program.cost.evaluation_key_bytes = in.u64();
  program.cost.sealed_bytes = in.u64();
  program.cost.memory_bytes = in.u64();
}

SealingKey get_sealing_key(ByteReader& in) {
  const std::uint8_t key = in.u8();
  if (key > static_cast<std::uint8_t>(SealingKey::kPublic))
    in.reject("weights are sealed under an unknown kind of key");
  return static_cast<SealingKey>(key);
}

/// A program that is well-formed; nothing else about it is known.
base::Result<Program> read(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes, "program");
  const std::uint16_t version = in.u16();
  constexpr int kLastVersion = detail::kProgramVersion + detail::kImagesVersion + detail::kBootstrapVersion;
  if (in.ok() && (version < detail::kProgramVersion || version > kLastVersion)) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "the program has format version " + std::to_string(version) + ", this program reads versions " +
                          std::to_string(detail::kProgramVersion) + " to " + std::to_string(kLastVersion),
                      "compile the model again with this version");
  }
  const int extras = version - detail::kProgramVersion;
  Program program;
  detail::ParamFields params = detail::get_params(in);
  program.params = std::move(params.literal);
  program.insecure = params.insecure;
  program.input_spec = detail::get_input_spec(in);
  program.input_packing = detail::get_input_packing(in);
  if ((extras & detail::kImagesVersion) != 0) program.input_packing.images = detail::get_images(in);
  if ((extras & detail::kBootstrapVersion) != 0) program.bootstrap = detail::get_bootstrap(in);
  program.stages = get_stages(in);
  program.sealing_key = get_sealing_key(in);
  program.weights = get_weights(in);
  program.instructions = get_instructions(in);
  get_outputs(in, program);
  program.key_needs = get_key_needs(in);
  get_statements(in, program);
  OBSCURA_TRY_VOID(in.finish());
  return program;
}

}  // namespace

base::Result<Program> parse(std::span<const std::uint8_t> bytes) {
  OBSCURA_TRY(Program program, read(bytes));
  OBSCURA_TRY_VOID(verify(program));
  return program;
}

base::Result<Program> parse_stage(std::span<const std::uint8_t> bytes) {
  OBSCURA_TRY(Program stage, read(bytes));
  OBSCURA_TRY_VOID(verify_stage(stage));
  return stage;
}

}  // namespace obscura::plan::program
