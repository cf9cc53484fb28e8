#include "compiler/place/levels.hpp"

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::place {
namespace {

namespace program = plan::program;
using program::Level;
using program::Scale;

bool rescales(const program::Operation& operation) {
  if (const auto* linear = std::get_if<program::Linear>(&operation)) return linear->rescale;
  return std::holds_alternative<program::Square>(operation);
}

program::Linear* last_linear(program::Program& program) {
  program::Linear* last = nullptr;
  for (program::Instruction& instruction : program.instructions) {
    if (auto* linear = std::get_if<program::Linear>(&instruction.operation)) last = linear;
  }
  return last;
}

}  // namespace

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::kOnePrime:
      return "one prime";
    case Ending::kTwoPrimes:
      return "two primes";
    case Ending::kRescaled:
      return "rescaled";
  }
  return "";
}

int top_level(int layers, Ending ending) {
  return 2 * (layers - 1) + (ending == Ending::kOnePrime ? 0 : 1);
}

int assign_levels(program::Program& program, Ending ending) {
  program::Linear* last = last_linear(program);
  OBSCURA_CHECK(last != nullptr, "a program without any linear layer");
  last->rescale = ending == Ending::kRescaled;
  std::vector<int> used;  // levels that lie between the inputs and each value
  for (const program::Instruction& instruction : program.instructions) {
    const auto operands = program::operands_of(instruction.operation);
    int above = 0;
    for (const program::ValueId id : operands) {
      const int theirs = used[static_cast<std::size_t>(id.value())];
      OBSCURA_CHECK(id == operands.front() || theirs == above, "operands of different levels");
      above = theirs;
    }
    used.push_back(above + (rescales(instruction.operation) ? 1 : 0));
  }
  const int top = used.back() + (ending == Ending::kTwoPrimes ? 1 : 0);
  for (std::size_t i = 0; i < used.size(); ++i) {
    program::Instruction& instruction = program.instructions[i];
    instruction.level = Level(top - used[i]);
    const int weight_level = instruction.level.value() + (rescales(instruction.operation) ? 1 : 0);
    for (const program::WeightId id : program::weights_of(instruction.operation)) {
      program.weights[static_cast<std::size_t>(id.value())].level = Level(weight_level);
    }
  }
  return top;
}

std::size_t scale_count(const program::Program& program) {
  std::size_t count = 1;
  for (const program::Instruction& instruction : program.instructions) {
    if (std::holds_alternative<program::Linear>(instruction.operation)) ++count;
  }
  return count;
}

void assign_scales(program::Program& program, const std::vector<int>& choice) {
  OBSCURA_CHECK(choice.size() == scale_count(program), "one scale for the inputs and one for each linear layer");
  std::size_t linears = 0;
  for (program::Instruction& instruction : program.instructions) {
    const auto operands = program::operands_of(instruction.operation);
    if (operands.empty()) {
      instruction.scale = Scale::power_of_two(choice.front());
      continue;
    }
    const auto& operand = program.instructions[static_cast<std::size_t>(operands.front().value())];
    const fhe::params::PrimeIndex prime(operand.level.value());
    instruction.scale = operand.scale;
    Scale weight_scale = operand.scale;
    if (const auto* linear = std::get_if<program::Linear>(&instruction.operation)) {
      instruction.scale = Scale::power_of_two(choice[++linears]);
      weight_scale = instruction.scale / operand.scale;
      if (linear->rescale) weight_scale = weight_scale.times_prime(prime);
    } else if (std::holds_alternative<program::Square>(instruction.operation)) {
      instruction.scale = (operand.scale * operand.scale).divided_by_prime(prime);
    }
    for (const program::WeightId id : program::weights_of(instruction.operation)) {
      program.weights[static_cast<std::size_t>(id.value())].scale = weight_scale;
    }
  }
}

}  // namespace obscura::compiler::place
