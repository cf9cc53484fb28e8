#include "compiler/pack/interleave.hpp"

#include <bit>

#include "base/check.hpp"

namespace obscura::compiler::pack {
namespace {

namespace program = plan::program;

program::RotationStep stretched(program::RotationStep step, int lanes) {
  return program::RotationStep(step.value() * lanes);
}

void stretch(program::Operation& operation, int lanes) {
  if (auto* rotate = std::get_if<program::Rotate>(&operation)) rotate->step = stretched(rotate->step, lanes);
  auto* linear = std::get_if<program::Linear>(&operation);
  if (linear == nullptr) return;
  for (program::GiantStep& step : linear->steps) {
    step.giant = stretched(step.giant, lanes);
    for (program::Term& term : step.terms) term.baby = stretched(term.baby, lanes);
  }
}

SlotValues repeated(const SlotValues& values, std::size_t lanes) {
  SlotValues result;
  result.reserve(values.size() * lanes);
  for (const auto& value : values) result.insert(result.end(), lanes, value);
  return result;
}

}  // namespace

int lane_bits(int images) {
  return std::bit_width(static_cast<unsigned>(images) - 1);
}

PackedNetwork interleave(const PackedNetwork& single, int images) {
  OBSCURA_CHECK(images >= 1 && single.program.input_packing.images == 1,
                "a program for one image is to be interleaved");
  if (images == 1) return single;
  PackedNetwork result{single.program, {}, single.tensors};
  program::Program& program = result.program;
  program.params.log_n += lane_bits(images);
  program.input_packing.images = images;
  const int lanes = program.input_packing.lanes();
  for (program::Instruction& instruction : program.instructions) stretch(instruction.operation, lanes);
  for (program::Output& output : program.outputs) {
    for (program::OutputSlot& element : output.element) element.slot *= lanes;
  }
  for (const SlotValues& values : single.weights.values) {
    result.weights.values.push_back(repeated(values, static_cast<std::size_t>(lanes)));
  }
  return result;
}

}  // namespace obscura::compiler::pack
