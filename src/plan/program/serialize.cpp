#include "plan/program/serialize.hpp"

#include "base/bytes.hpp"
#include "plan/program/detail/fields.hpp"
#include "plan/program/detail/narrowed.hpp"
#include "plan/program/detail/opcodes.hpp"
#include "plan/program/operation.hpp"

namespace obscura::plan::program {
namespace {

using base::ByteWriter;
using detail::narrowed;
using detail::Opcode;

template <class Item>
void put_count(ByteWriter& out, const std::vector<Item>& items) {
  out.u32(narrowed<std::uint32_t>(items.size()));
}

void put(ByteWriter& out, ValueId value) {
  out.u32(narrowed<std::uint32_t>(value.value()));
}
void put(ByteWriter& out, WeightId weight) {
  out.u32(narrowed<std::uint32_t>(weight.value()));
}
void put(ByteWriter& out, RotationStep step) {
  out.u32(static_cast<std::uint32_t>(step.value()));
}

void put_weights(ByteWriter& out, const Program& program) {
  out.u8(static_cast<std::uint8_t>(program.sealing_key));
  put_count(out, program.weights);
  for (const WeightInfo& weight : program.weights) {
    detail::put_level(out, weight.level);
    detail::put_scale(out, weight.scale);
    out.u8(weight.extended ? 1 : 0);
  }
}

void put(ByteWriter& out, const Linear& linear) {
  const int flags = (linear.extended ? detail::kLinearExtended : 0) | (linear.rescale ? detail::kLinearRescale : 0) |
                    (linear.partial ? detail::kLinearPartial : 0);
  out.u8(static_cast<std::uint8_t>(flags));
  put_count(out, linear.operands);
  for (const ValueId operand : linear.operands) put(out, operand);
  put_count(out, linear.steps);
  for (const GiantStep& step : linear.steps) {
    put(out, step.giant);
    put_count(out, step.terms);
    for (const Term& term : step.terms) {
      out.u32(narrowed<std::uint32_t>(term.input));
      put(out, term.baby);
      put(out, term.weight);
    }
  }
}

void put(ByteWriter& out, const Join& join) {
  out.u8(join.rescale ? 1 : 0);
  put_count(out, join.operands);
  for (const ValueId operand : join.operands) put(out, operand);
}

void put(ByteWriter& out, const Operation& operation) {
  const auto opcode = [&out](Opcode code) { out.u8(static_cast<std::uint8_t>(code)); };
  std::visit(Match{[&](const Input& input) {
                     opcode(input.partial ? Opcode::kPartialInput : Opcode::kInput);
                     out.u32(narrowed<std::uint32_t>(input.index));
                   },
                   [&](const Linear& linear) {
                     opcode(Opcode::kLinear);
                     put(out, linear);
                   },
                   [&](const Join& join) {
                     opcode(Opcode::kJoin);
                     put(out, join);
                   },
                   [&](const AddBias& bias) {
                     opcode(Opcode::kAddBias);
                     put(out, bias.operand);
                     put(out, bias.bias);
                   },
                   [&](const Square& square) {
                     opcode(Opcode::kSquare);
                     put(out, square.operand);
                   },
                   [&](const Rotate& rotate) {
                     opcode(Opcode::kRotate);
                     put(out, rotate.operand);
                     put(out, rotate.step);
                   },
                   [&](const Conjugate& conjugate) {
                     opcode(Opcode::kConjugate);
                     put(out, conjugate.operand);
                   },
                   [&](const MultiplyByI& multiply) {
                     opcode(Opcode::kMultiplyByI);
                     put(out, multiply.operand);
                     out.u8(narrowed<std::uint8_t>(multiply.power));
                   },
                   [&](const Add& add) {
                     opcode(Opcode::kAdd);
                     put(out, add.left);
                     put(out, add.right);
                   },
                   [&](const Multiply& multiply) {
                     opcode(Opcode::kMultiply);
                     put(out, multiply.left);
                     put(out, multiply.right);
                   },
                   [&](const ChangeScale& change) {
                     opcode(Opcode::kChangeScale);
                     put(out, change.operand);
                   },
                   [&](const Bootstrap& bootstrap) {
                     opcode(Opcode::kBootstrap);
                     put(out, bootstrap.operand);
                     out.u32(static_cast<std::uint32_t>(bootstrap.log2_range));
                     detail::put_level(out, bootstrap.from);
                   }},
             operation);
}

void put_instructions(ByteWriter& out, const Program& program) {
  put_count(out, program.instructions);
  for (const Instruction& instruction : program.instructions) {
    detail::put_level(out, instruction.level);
    detail::put_scale(out, instruction.scale);
    out.u16(narrowed<std::uint16_t>(instruction.stage));
    put(out, instruction.operation);
  }
}

void put_outputs(ByteWriter& out, const Program& program) {
  put_count(out, program.results);
  for (const ValueId result : program.results) put(out, result);
  put_count(out, program.outputs);
  for (const Output& output : program.outputs) {
    out.string(output.name);
    out.f64(output.factor);
    out.u8(static_cast<std::uint8_t>(output.finish));
    put_count(out, output.element);
    for (const OutputSlot& element : output.element) {
      out.u16(narrowed<std::uint16_t>(element.result));
      out.u32(narrowed<std::uint32_t>(element.slot));
    }
  }
}

void put_key_needs(ByteWriter& out, const Program& program) {
  put_count(out, program.key_needs);
  for (const KeyNeed& key : program.key_needs) {
    out.u8(static_cast<std::uint8_t>(key.kind));
    put(out, key.step);
    detail::put_level(out, key.level);
  }
}

void put_statements(ByteWriter& out, const Program& program) {
  out.f64(program.error.score_error_sd);
  out.f64(program.error.score_error_bound);
  out.f64(program.error.score_maximum);
  out.f64(program.cost.latency_ms);
  out.u64(program.cost.evaluation_key_bytes);
  out.u64(program.cost.sealed_bytes);
  out.u64(program.cost.memory_bytes);
}

}  // namespace

std::vector<std::uint8_t> serialize_params(const fhe::params::ParamLiteral& params, bool insecure) {
  ByteWriter out;
  detail::put_params(out, params, insecure);
  return out.take();
}

std::vector<std::uint8_t> serialize(const Program& program) {
  ByteWriter out;
  const bool is_single = program.input_packing.images == 1;
  const int images_version = is_single ? 0 : detail::kImagesVersion;
  const int bootstrap_version = program.bootstrap ? detail::kBootstrapVersion : 0;
  out.u16(narrowed<std::uint16_t>(detail::kProgramVersion + images_version + bootstrap_version));
  detail::put_params(out, program.params, program.insecure);
  detail::put_input_spec(out, program.input_spec);
  detail::put_input_packing(out, program.input_packing);
  if (!is_single) detail::put_images(out, program.input_packing);
  if (program.bootstrap) detail::put_bootstrap(out, *program.bootstrap);
  put_count(out, program.stages);
  for (const Stage& stage : program.stages) {
    out.string(stage.name);
    out.string(stage.kind);
  }
  put_weights(out, program);
  put_instructions(out, program);
  put_outputs(out, program);
  put_key_needs(out, program);
  put_statements(out, program);
  return out.take();
}

}  // namespace obscura::plan::program
