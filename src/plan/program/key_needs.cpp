#include <algorithm>
#include <map>
#include <utility>

#include "plan/program/operation.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

using Needs = std::map<std::pair<KeyKind, RotationStep>, Level>;

void need(Needs& needs, KeyKind kind, RotationStep step, Level level) {
  const auto [it, is_new] = needs.try_emplace({kind, step}, level);
  if (!is_new) it->second = std::max(it->second, level);
}

void need_linear(Needs& needs, const Linear& linear, Level level) {
  const RotationStep none(0);
  for (const GiantStep& step : linear.steps) {
    if (step.giant == none) {
      need(needs, KeyKind::kRelinearize, none, level);
    } else {
      need(needs, KeyKind::kRotate, step.giant, level);
      need(needs, KeyKind::kRotateRelinearize, step.giant, level);
    }
    for (const Term& term : step.terms) {
      if (term.baby != none) need(needs, KeyKind::kRotate, term.baby, level);
    }
  }
}

}  // namespace

std::vector<KeyNeed> derive_key_needs(const Program& program) {
  Needs needs;
  const RotationStep none(0);
  for (const Instruction& instruction : program.instructions) {
    const Level level = working_level(instruction);
    if (const auto* linear = std::get_if<Linear>(&instruction.operation)) {
      need_linear(needs, *linear, level);
    } else if (std::holds_alternative<Square>(instruction.operation) ||
               std::holds_alternative<Multiply>(instruction.operation)) {
      need(needs, KeyKind::kRelinearize, none, level);
    } else if (const auto* rotate = std::get_if<Rotate>(&instruction.operation)) {
      need(needs, KeyKind::kRotate, rotate->step, level);
    } else if (std::holds_alternative<Conjugate>(instruction.operation)) {
      need(needs, KeyKind::kConjugate, none, level);
    }
  }
  std::vector<KeyNeed> result;
  result.reserve(needs.size());
  for (const auto& [key, level] : needs) result.push_back({key.first, key.second, level});
  return result;
}

}  // namespace obscura::plan::program
