#include <limits>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "plan/program/detail/opcodes.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/serialize.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

using base::ByteReader;
using detail::Opcode;

std::int32_t get_signed(ByteReader& in) {
  return static_cast<std::int32_t>(in.u32());
}

/// A number that the format keeps unsigned and the program as int.
int get_int(ByteReader& in) {
  const std::uint32_t value = in.u32();
  if (value > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) in.reject("a number is too large");
  return static_cast<int>(value & 0x7fffffffu);
}

bool get_bool(ByteReader& in) {
  const std::uint8_t value = in.u8();
  if (value > 1) in.reject("a flag is neither 0 nor 1");
  return value == 1;
}

std::uint8_t get_flags(ByteReader& in, int known) {
  const std::uint8_t flags = in.u8();
  if ((flags & ~known) != 0) in.reject("an unknown flag is set");
  return flags;
}

Level get_level(ByteReader& in) {
  return Level(in.u8());
}
ValueId get_value(ByteReader& in) {
  return ValueId(get_int(in));
}
WeightId get_weight(ByteReader& in) {
  return WeightId(get_int(in));
}
RotationStep get_step(ByteReader& in) {
  return RotationStep(get_signed(in));
}

std::int64_t get_exponent(ByteReader& in) {
  return static_cast<std::int16_t>(in.u16());
}

Scale get_scale(ByteReader& in) {
  const std::int64_t two = get_exponent(in);
  std::vector<std::int64_t> primes(in.u8());
  for (std::int64_t& exponent : primes) exponent = get_exponent(in);
  if (!primes.empty() && primes.back() == 0) in.reject("a scale is not in its shortest form");
  auto scale = Scale::from_exponents(two, std::move(primes));
  if (scale) return std::move(*scale);
  in.reject(scale.error().message);
  return {};
}

std::vector<int> get_bits(ByteReader& in) {
  std::vector<int> bits(in.u8());
  for (int& size : bits) size = in.u8();
  return bits;
}

void get_params(ByteReader& in, Program& program) {
  program.params.log_n = in.u8();
  program.params.security = static_cast<fhe::params::Security>(in.u16());
  program.insecure = get_bool(in);
  program.params.q_bits = get_bits(in);
  program.params.p_bits = get_bits(in);
  const auto security = program.params.security;
  using fhe::params::Security;
  if (security != Security::k128 && security != Security::k192 && security != Security::k256) {
    in.reject("the security level is not 128, 192 or 256");
  }
}

std::vector<double> get_doubles(ByteReader& in) {
  std::vector<double> values(in.count(static_cast<std::size_t>(kMaxInputElements), sizeof(double)));
  for (double& value : values) value = in.f64();
  return values;
}

InputSpec get_input_spec(ByteReader& in) {
  InputSpec spec;
  spec.channels = get_int(in);
  spec.height = get_int(in);
  spec.width = get_int(in);
  spec.scale = in.f64();
  spec.mean = get_doubles(in);
  spec.std = get_doubles(in);
  const std::uint8_t flags = get_flags(in, detail::kInputBgr | detail::kInputResize);
  spec.bgr = (flags & detail::kInputBgr) != 0;
  spec.resize = (flags & detail::kInputResize) != 0;
  spec.minimum = in.f64();
  spec.maximum = in.f64();
  return spec;
}

std::vector<std::int32_t> get_signed_list(ByteReader& in, std::size_t limit) {
  std::vector<std::int32_t> list(in.count(limit, sizeof(std::int32_t)));
  for (std::int32_t& item : list) item = get_signed(in);
  return list;
}

InputPacking get_input_packing(ByteReader& in) {
  InputPacking packing;
  packing.ciphertexts = get_int(in);
  packing.element = get_signed_list(in, kMaxInputCiphertexts << 17);
  return packing;
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
    const Level level = get_level(in);
    Scale scale = get_scale(in);
    weights.push_back({level, std::move(scale), get_bool(in)});
  }
  return weights;
}

std::vector<Term> get_terms(ByteReader& in) {
  std::vector<Term> terms(in.count(kMaxTerms, 12));
  for (Term& term : terms) {
    term.input = get_int(in);
    term.baby = get_step(in);
    term.weight = get_weight(in);
  }
  return terms;
}

Linear get_linear(ByteReader& in) {
  Linear linear;
  const std::uint8_t flags = get_flags(in, detail::kLinearExtended | detail::kLinearRescale);
  linear.extended = (flags & detail::kLinearExtended) != 0;
  linear.rescale = (flags & detail::kLinearRescale) != 0;
  linear.operands.resize(in.count(kMaxInstructions, 4));
  for (ValueId& operand : linear.operands) operand = get_value(in);
  linear.steps.resize(in.count(kMaxTerms, 8));
  for (GiantStep& step : linear.steps) {
    step.giant = get_step(in);
    step.terms = get_terms(in);
  }
  return linear;
}

/// Members are read in the order in which braces evaluate them: left to right.
Operation get_operation(ByteReader& in) {
  const auto opcode = static_cast<Opcode>(in.u8());
  switch (opcode) {
    case Opcode::kInput:
      return Input{get_int(in)};
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
  }
  in.reject("an instruction has an unknown operation");
  return Input{0};
}

std::vector<Instruction> get_instructions(ByteReader& in) {
  const std::size_t count = in.count(kMaxInstructions, 11);
  std::vector<Instruction> instructions;
  instructions.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Level level = get_level(in);
    Scale scale = get_scale(in);
    const int stage = in.u16();
    instructions.push_back({get_operation(in), level, std::move(scale), stage});
  }
  return instructions;
}

std::vector<KeyNeed> get_key_needs(ByteReader& in) {
  const std::size_t count = in.count(kMaxKeyNeeds, 6);
  std::vector<KeyNeed> needs(count);
  for (KeyNeed& key : needs) {
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(KeyKind::kRotateRelinearize)) in.reject("a key need has an unknown kind");
    key.kind = static_cast<KeyKind>(kind);
    key.step = get_step(in);
    key.level = get_level(in);
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

}  // namespace

base::Result<Program> parse(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes, "program");
  if (const std::uint16_t version = in.u16(); in.ok() && version != detail::kProgramVersion) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "the program has format version " + std::to_string(version) + ", this program reads version " +
                          std::to_string(detail::kProgramVersion),
                      "compile the model again with this version");
  }
  Program program;
  get_params(in, program);
  program.input_spec = get_input_spec(in);
  program.input_packing = get_input_packing(in);
  program.stages = get_stages(in);
  program.weights = get_weights(in);
  program.instructions = get_instructions(in);
  program.output.slot = get_signed_list(in, std::size_t{1} << 17);
  program.output.factor = in.f64();
  program.key_needs = get_key_needs(in);
  get_statements(in, program);
  OBSCURA_TRY_VOID(in.finish());
  OBSCURA_TRY_VOID(verify(program));
  return program;
}

}  // namespace obscura::plan::program
