#include <algorithm>
#include <map>
#include <utility>

#include "fhe/params/bootstrap_rotations.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

using Needs = std::map<std::pair<KeyKind, RotationStep>, Level>;

void need(Needs& needs, KeyKind kind, RotationStep step, Level level) {
  const auto [it, is_new] = needs.try_emplace({kind, step}, level);
  if (!is_new) it->second = std::max(it->second, level);
}

void need_linear(Needs& needs, const Linear& linear, Level level, bool encrypted_weights) {
  const RotationStep none(0);
  for (const GiantStep& step : linear.steps) {
    if (step.giant != none) need(needs, KeyKind::kRotate, step.giant, level);
    // Products with clear weights have no quadratic part.
    if (encrypted_weights) {
      need(needs, step.giant == none ? KeyKind::kRelinearize : KeyKind::kRotateRelinearize, step.giant, level);
    }
    for (const Term& term : step.terms) {
      if (term.baby != none) need(needs, KeyKind::kRotate, term.baby, level);
    }
  }
}

/// The chain ends where bootstraps raise to.
void need_bootstrap(Needs& needs, const Program& program) {
  const fhe::params::BootstrapLiteral& literal = *program.bootstrap;
  const Level top(static_cast<int>(program.params.q_bits.size()) - 1);
  const Level reduced(top.value() - static_cast<int>(literal.coeffs_to_slots.size()));
  for (const auto& [step, level] : fhe::params::bootstrap_rotations(literal, program.params.log_n, top)) {
    need(needs, KeyKind::kRotate, step, level);
  }
  const RotationStep none(0);
  need(needs, KeyKind::kConjugate, none, reduced);
  need(needs, KeyKind::kRelinearize, none, reduced);
  need(needs, KeyKind::kEncapsulate, none, Level(0));
  need(needs, KeyKind::kDecapsulate, none, top);
}

void need_instruction(Needs& needs, const Program& program, std::size_t index, bool encrypted_weights) {
  const RotationStep none(0);
  const Instruction& instruction = program.instructions[index];
  const Level level = working_level(instruction);
  if (const auto* linear = std::get_if<Linear>(&instruction.operation)) {
    need_linear(needs, *linear, level, encrypted_weights);
  } else if (std::holds_alternative<Square>(instruction.operation) ||
             std::holds_alternative<Multiply>(instruction.operation)) {
    need(needs, KeyKind::kRelinearize, none, level);
  } else if (const auto* rotate = std::get_if<Rotate>(&instruction.operation)) {
    need(needs, KeyKind::kRotate, rotate->step, level);
  } else if (std::holds_alternative<Conjugate>(instruction.operation)) {
    need(needs, KeyKind::kConjugate, none, level);
  } else if (std::holds_alternative<Bootstrap>(instruction.operation) && program.bootstrap) {
    need_bootstrap(needs, program);
  }
}

std::vector<KeyNeed> listed(const Needs& needs) {
  std::vector<KeyNeed> result;
  result.reserve(needs.size());
  for (const auto& [key, level] : needs) result.push_back({key.first, key.second, level});
  return result;
}

}  // namespace

std::vector<KeyNeed> derive_key_needs(const Program& program) {
  Needs needs;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) need_instruction(needs, program, i, true);
  return listed(needs);
}

std::vector<KeyNeed> key_needs_of(const Program& program, std::size_t instruction, bool encrypted_weights) {
  Needs needs;
  need_instruction(needs, program, instruction, encrypted_weights);
  return listed(needs);
}

}  // namespace obscura::plan::program
