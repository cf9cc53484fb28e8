#include "compiler/pack/program_builder.hpp"

#include "base/check.hpp"
#include "compiler/pack/modulo.hpp"

namespace obscura::compiler::pack {

namespace program = plan::program;
using program::RotationStep;
using program::ValueId;
using program::WeightId;

ProgramBuilder::ProgramBuilder(int log_n) : slots_(1 << (log_n - 1)) {
  program_.params.log_n = log_n;
}

void ProgramBuilder::begin_stage(std::string name, std::string kind) {
  program_.stages.push_back({std::move(name), std::move(kind)});
}

ValueId ProgramBuilder::append(program::Operation operation) {
  OBSCURA_CHECK(!program_.stages.empty(), "an instruction outside any stage");
  program_.instructions.push_back(
      {std::move(operation), program::Level(0), program::Scale(), static_cast<int>(program_.stages.size()) - 1});
  return ValueId(static_cast<int>(program_.instructions.size()) - 1);
}

WeightId ProgramBuilder::add_weight(SlotValues values, bool extended) {
  OBSCURA_CHECK(values.size() == static_cast<std::size_t>(slots_), "a weight needs one value per slot");
  program_.weights.push_back({program::Level(0), program::Scale(), extended});
  weights_.values.push_back(std::move(values));
  return WeightId(static_cast<int>(weights_.values.size()) - 1);
}

ValueId ProgramBuilder::input(int index) {
  return append(program::Input{index});
}

ValueId ProgramBuilder::linear(const std::vector<ValueId>& operands, RotatedDiagonals diagonals,
                               const RotationSplit& split, bool extended) {
  // giant step -> (operand, baby step) -> values
  std::map<int, std::vector<std::pair<std::pair<int, int>, SlotValues>>> giants;
  for (auto& [key, values] : diagonals) {
    const auto [operand, rotation] = key;
    const int giant = split.giant_of(rotation);
    SlotValues shifted(values.size());
    for (int s = 0; s < slots_; ++s) {
      shifted[static_cast<std::size_t>(floor_mod(s + giant, slots_))] = values[static_cast<std::size_t>(s)];
    }
    giants[floor_mod(giant, slots_)].push_back({{operand, rotation - giant}, std::move(shifted)});
  }
  program::Linear linear{operands, {}, extended, true};
  for (auto& [giant, terms] : giants) {
    program::GiantStep step{RotationStep(giant), {}};
    for (auto& [key, values] : terms) {
      step.terms.push_back(
          {key.first, RotationStep(floor_mod(key.second, slots_)), add_weight(std::move(values), extended)});
    }
    linear.steps.push_back(std::move(step));
  }
  return append(std::move(linear));
}

ValueId ProgramBuilder::add_bias(ValueId operand, SlotValues values) {
  return append(program::AddBias{operand, add_weight(std::move(values), false)});
}

ValueId ProgramBuilder::square(ValueId operand) {
  return append(program::Square{operand});
}

ValueId ProgramBuilder::bootstrap(ValueId operand, int log2_range, program::Level from, program::Level to) {
  const ValueId result = append(program::Bootstrap{operand, log2_range, from});
  program_.instructions.back().level = to;
  return result;
}

ValueId ProgramBuilder::multiply(ValueId left, ValueId right) {
  return append(program::Multiply{left, right});
}

ValueId ProgramBuilder::add(ValueId left, ValueId right) {
  return append(program::Add{left, right});
}

ValueId ProgramBuilder::fold(ValueId operand, int step) {
  const ValueId rotated = append(program::Rotate{operand, RotationStep(floor_mod(step, slots_))});
  return append(program::Add{operand, rotated});
}

ValueId ProgramBuilder::fold_imaginary(ValueId operand, int step) {
  ValueId turned = append(program::MultiplyByI{operand, 3});
  if (floor_mod(step, slots_) != 0) turned = append(program::Rotate{turned, RotationStep(floor_mod(step, slots_))});
  return append(program::Add{operand, turned});
}

ValueId ProgramBuilder::fold_all(ValueId operand, int step, int count) {
  for (int width = 1; width < count; width *= 2) operand = fold(operand, step * width);
  return operand;
}

ValueId ProgramBuilder::add_conjugate(ValueId operand) {
  const ValueId conjugate = append(program::Conjugate{operand});
  return append(program::Add{operand, conjugate});
}

}  // namespace obscura::compiler::pack
