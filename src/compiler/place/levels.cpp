#include "compiler/place/levels.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "plan/program/operation.hpp"

namespace obscura::compiler::place {
namespace {

namespace program = plan::program;
using program::Level;

std::size_t index(program::ValueId id) {
  return static_cast<std::size_t>(id.value());
}

// For each instruction, whether it makes a result by additions and rotations alone, without any product after it.
std::vector<bool> ends(const program::Program& program) {
  std::vector<bool> ends(program.instructions.size(), false);
  for (const program::ValueId id : program.results) ends[index(id)] = true;
  for (std::size_t i = program.instructions.size(); i-- > 0;) {
    const program::Operation& operation = program.instructions[i].operation;
    if (!ends[i] || std::holds_alternative<program::Linear>(operation)) continue;
    for (const program::ValueId id : program::operands_of(operation)) ends[index(id)] = true;
  }
  return ends;
}

bool multiplies(const program::Operation& operation) {
  return std::holds_alternative<program::Square>(operation) || std::holds_alternative<program::Multiply>(operation) ||
         std::holds_alternative<program::ChangeScale>(operation);
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

bool can_end_unrescaled(const program::Program& program) {
  const std::vector<bool> at_end = ends(program);
  for (std::size_t i = 0; i < at_end.size(); ++i) {
    const program::Operation& operation = program.instructions[i].operation;
    if (at_end[i] && (multiplies(operation) || std::holds_alternative<program::Input>(operation))) return false;
    if (at_end[i]) continue;
    for (const program::ValueId id : program::operands_of(operation)) {
      if (at_end[index(id)]) return false;
    }
  }
  // What a last linear layer reads is not at the end itself.
  for (std::size_t i = 0; i < at_end.size(); ++i) {
    if (!std::holds_alternative<program::Linear>(program.instructions[i].operation) || !at_end[i]) continue;
    for (const program::ValueId id : program::operands_of(program.instructions[i].operation)) {
      if (at_end[index(id)]) return false;
    }
  }
  return true;
}

int assign_levels(program::Program& program, Ending ending) {
  const bool unrescaled = ending != Ending::kRescaled;
  OBSCURA_CHECK(!unrescaled || can_end_unrescaled(program), "the program must rescale at its end");
  const std::vector<bool> at_end = ends(program);
  for (std::size_t i = 0; i < at_end.size(); ++i) {
    auto* linear = std::get_if<program::Linear>(&program.instructions[i].operation);
    if (linear != nullptr) linear->rescale = !(unrescaled && at_end[i]);
  }
  const int bottom = ending == Ending::kTwoPrimes ? 1 : 0;
  for (program::Instruction& instruction : program.instructions) {
    if (!std::holds_alternative<program::Bootstrap>(instruction.operation)) instruction.level = Level(bottom);
  }
  int top = bottom;
  for (std::size_t i = program.instructions.size(); i-- > 0;) {
    program::Instruction& instruction = program.instructions[i];
    const Level work = program::working_level(instruction);
    for (const program::ValueId id : program::operands_of(instruction.operation)) {
      Level& level = program.instructions[index(id)].level;
      level = std::max(level, work);
    }
    for (const program::WeightId id : program::weights_of(instruction.operation)) {
      program.weights[static_cast<std::size_t>(id.value())].level = work;
    }
    if (std::holds_alternative<program::Input>(instruction.operation)) top = std::max(top, work.value());
  }
  for (program::Instruction& instruction : program.instructions) {
    if (std::holds_alternative<program::Input>(instruction.operation)) instruction.level = Level(top);
  }
  return top;
}

}  // namespace obscura::compiler::place
