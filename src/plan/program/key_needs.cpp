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

void need_phase(Needs& needs, const fhe::params::BootstrapPhase& phase) {
  using Kind = fhe::params::BootstrapPhase::Kind;
  const RotationStep none(0);
  for (const RotationStep step : phase.rotations) need(needs, KeyKind::kRotate, step, phase.level);
  if (phase.kind == Kind::kRaise) {
    need(needs, KeyKind::kEncapsulate, none, Level(0));
    need(needs, KeyKind::kDecapsulate, none, phase.level);
  }
  if (phase.kind == Kind::kConjugate) need(needs, KeyKind::kConjugate, none, phase.level);
  if (phase.kind == Kind::kReduce) need(needs, KeyKind::kRelinearize, none, phase.level);
}

/// The chain ends where bootstraps raise to.
std::vector<Needs> needs_of_bootstrap(const Program& program) {
  const Level top(static_cast<int>(program.params.q_bits.size()) - 1);
  std::vector<Needs> phases;
  for (const auto& phase : fhe::params::bootstrap_phases(*program.bootstrap, program.params.log_n, top)) {
    need_phase(phases.emplace_back(), phase);
  }
  return phases;
}

Needs needs_of_other(const Instruction& instruction, bool encrypted_weights) {
  Needs needs;
  const RotationStep none(0);
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
  }
  return needs;
}

/// Of each phase. A bootstrap of a program that says none needs nothing: it is not verified yet.
std::vector<Needs> needs_of(const Program& program, std::size_t index, bool encrypted_weights) {
  const Instruction& instruction = program.instructions[index];
  const bool bootstraps = std::holds_alternative<Bootstrap>(instruction.operation) && program.bootstrap;
  if (bootstraps) return needs_of_bootstrap(program);
  return {needs_of_other(instruction, encrypted_weights)};
}

std::vector<KeyNeed> listed(const Needs& needs) {
  std::vector<KeyNeed> result;
  result.reserve(needs.size());
  for (const auto& [key, level] : needs) result.push_back({key.first, key.second, level});
  return result;
}

}  // namespace

std::vector<KeyNeed> derive_key_needs(const Program& program) {
  Needs all;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    for (const Needs& needs : needs_of(program, i, true)) {
      for (const auto& [key, level] : needs) need(all, key.first, key.second, level);
    }
  }
  return listed(all);
}

std::vector<std::vector<KeyNeed>> key_phases_of(const Program& program, std::size_t instruction,
                                                bool encrypted_weights) {
  std::vector<std::vector<KeyNeed>> phases;
  for (const Needs& needs : needs_of(program, instruction, encrypted_weights)) phases.push_back(listed(needs));
  return phases;
}

}  // namespace obscura::plan::program
