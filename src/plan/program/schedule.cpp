#include "plan/program/schedule.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <utility>

#include "plan/program/detail/bootstrap_memory.hpp"
#include "plan/program/detail/poly_bytes.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/verify.hpp"

namespace obscura::plan::program {
namespace {

using detail::key_switch_workspace;
using detail::poly_bytes;
using fhe::params::ParamSet;

std::uint64_t packed_limb_bytes(const ParamSet& params, const fhe::arith::Modulus& prime) {
  const auto bits = static_cast<std::uint64_t>(std::bit_width(prime.value()));
  return (static_cast<std::uint64_t>(params.degree()) * bits + 7) / 8;
}

/// One polynomial modulo Q_level, or Q_level * P, packed.
std::uint64_t stored_poly_bytes(const ParamSet& params, Level level, bool extended) {
  std::uint64_t sum = 0;
  for (int i = 0; i <= level.value(); ++i) sum += packed_limb_bytes(params, params.q()[static_cast<std::size_t>(i)]);
  if (!extended) return sum;
  for (const fhe::arith::Modulus& prime : params.p()) sum += packed_limb_bytes(params, prime);
  return sum;
}

/// The engine keeps limbs that are rotated modulo QP this many words apart beyond N (fhe/ring/for_each_limb.hpp).
constexpr std::uint64_t kRowPaddingWords = 2088;

std::uint64_t padding_bytes(const ParamSet& params, Level level, const Linear& linear) {
  if (!linear.extended) return 0;
  return (static_cast<std::uint64_t>(level.value()) + 1 + params.p().size()) * kRowPaddingWords * sizeof(std::uint64_t);
}

/// Digits of every rotated operand, every distinct rotated operand, the sums of products (of all giant steps when
/// extended, for then they grow side by side), and the sum of the giant steps modulo QP.
std::uint64_t linear_workspace(const ParamSet& params, const Linear& linear, Level level) {
  std::set<int> hoisted;
  std::set<std::pair<int, RotationStep>> rotated;
  for (const GiantStep& step : linear.steps) {
    for (const Term& term : step.terms) {
      if (term.baby.value() == 0 && !linear.extended) continue;
      hoisted.insert(term.input);
      rotated.emplace(term.input, term.baby);
    }
  }
  const std::uint64_t qp = poly_bytes(params, level, true);
  const std::uint64_t sums = linear.extended ? linear.steps.size() : 1;
  return hoisted.size() * detail::digit_bytes(params, level) +
         rotated.size() * 2 * (poly_bytes(params, level, linear.extended) + padding_bytes(params, level, linear)) +
         sums * 3 * poly_bytes(params, level, linear.extended) + 2 * qp + key_switch_workspace(params, level);
}

/// Operands are dropped to the level of work without a copy.
std::uint64_t workspace(const ParamSet& params, const Program& program, const Instruction& instruction) {
  const Level level = working_level(instruction);
  const auto product = [&] { return 3 * poly_bytes(params, level, false) + key_switch_workspace(params, level); };
  return std::visit(Match{[&](const Linear& linear) { return linear_workspace(params, linear, level); },
                          [&](const Join&) { return 4 * poly_bytes(params, level, true); },
                          [&](const Square&) { return product(); }, [&](const Multiply&) { return product(); },
                          [&](const Rotate&) { return key_switch_workspace(params, level); },
                          [&](const Conjugate&) { return key_switch_workspace(params, level); },
                          [&](const ChangeScale&) { return ciphertext_bytes(params, level); },
                          [&](const Bootstrap&) { return detail::bootstrap_workspace(*program.bootstrap, params); },
                          [](const auto&) { return std::uint64_t{0}; }},
                    instruction.operation);
}

bool is_input(const Instruction& instruction) {
  return std::holds_alternative<Input>(instruction.operation);
}

/// The inputs are the caller's and stay throughout.
std::uint64_t input_bytes(const Program& program, const ParamSet& params) {
  std::uint64_t sum = 0;
  for (const Instruction& instruction : program.instructions) {
    if (is_input(instruction)) sum += value_bytes(params, instruction);
  }
  return sum;
}

/// By instruction, the most that the keys of one of its phases take. The half of a key that is read serves all its
/// uses, the other one is made up to the level of the phase.
std::vector<std::uint64_t> streamed_key_bytes(const Program& program, const ParamSet& params) {
  std::map<std::pair<KeyKind, RotationStep>, std::uint64_t> read;
  for (const KeyNeed& key : program.key_needs) read[{key.kind, key.step}] = key_half_bytes(params, key);
  std::vector<std::uint64_t> most(program.instructions.size());
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    for (const auto& phase : key_phases_of(program, i, true)) {
      std::uint64_t used = 0;
      for (const KeyNeed& key : phase) used += read[{key.kind, key.step}] + key_half_bytes(params, key);
      most[i] = std::max(most[i], used);
    }
  }
  return most;
}

}  // namespace

std::vector<std::size_t> last_uses(const Program& program) {
  std::vector<std::size_t> last(program.instructions.size());
  for (std::size_t i = 0; i < last.size(); ++i) {
    last[i] = i;
    for (const ValueId operand : operands_of(program.instructions[i].operation)) {
      last[static_cast<std::size_t>(operand.value())] = i;
    }
  }
  for (const ValueId result : program.results) last[static_cast<std::size_t>(result.value())] = last.size();
  return last;
}

std::uint64_t ciphertext_bytes(const ParamSet& params, Level level) {
  return 2 * poly_bytes(params, level, false);
}

std::uint64_t stored_ciphertext_bytes(const ParamSet& params, Level level) {
  return 2 * stored_poly_bytes(params, level, false);
}

std::uint64_t value_bytes(const ParamSet& params, const Instruction& instruction) {
  return 2 * poly_bytes(params, instruction.level, is_partial(instruction.operation));
}

std::uint64_t stored_value_bytes(const ParamSet& params, const Instruction& instruction) {
  return 2 * stored_poly_bytes(params, instruction.level, is_partial(instruction.operation));
}

std::uint64_t weight_bytes(const ParamSet& params, const WeightInfo& weight) {
  return 2 * poly_bytes(params, weight.level, weight.extended);
}

std::uint64_t stored_weight_bytes(const ParamSet& params, const WeightInfo& weight) {
  return stored_poly_bytes(params, weight.level, weight.extended);
}

std::uint64_t key_half_bytes(const ParamSet& params, const KeyNeed& key) {
  if (key.kind == KeyKind::kEncapsulate) return 2 * poly_bytes(params, Level(0), false);
  return detail::digit_bytes(params, key.level);
}

std::uint64_t key_bytes(const ParamSet& params, const KeyNeed& key) {
  return 2 * key_half_bytes(params, key);
}

std::uint64_t stored_key_bytes(const ParamSet& params, const KeyNeed& key) {
  if (key.kind == KeyKind::kEncapsulate) {
    return packed_limb_bytes(params, params.q().front()) + packed_limb_bytes(params, params.p().front());
  }
  return static_cast<std::uint64_t>(params.digit_count(key.level)) * stored_poly_bytes(params, key.level, true);
}

std::vector<std::uint64_t> working_bytes(const Program& program, const ParamSet& params) {
  const std::vector<std::size_t> last = last_uses(program);
  std::vector<std::vector<std::size_t>> dies_after(program.instructions.size() + 1);
  for (std::size_t value = 0; value < last.size(); ++value) {
    if (!is_input(program.instructions[value])) dies_after[last[value]].push_back(value);
  }
  std::uint64_t live = input_bytes(program, params);
  std::vector<std::uint64_t> working;
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    if (!is_input(program.instructions[i])) live += value_bytes(params, program.instructions[i]);
    working.push_back(live + workspace(params, program, program.instructions[i]));
    for (const std::size_t value : dies_after[i]) live -= value_bytes(params, program.instructions[value]);
  }
  for (const ValueId result : program.results) {  // an input that is returned is copied
    const Instruction& instruction = program.instructions[static_cast<std::size_t>(result.value())];
    if (is_input(instruction)) live += value_bytes(params, instruction);
  }
  if (!working.empty()) working.back() = std::max(working.back(), live);
  return working;
}

MemoryEstimate estimate_memory(const Program& program, const ParamSet& params) {
  MemoryEstimate estimate;
  const std::vector<std::uint64_t> working = working_bytes(program, params);
  const std::vector<std::uint64_t> keys = streamed_key_bytes(program, params);
  for (std::size_t i = 0; i < working.size(); ++i) {
    estimate.ciphertext_bytes = std::max(estimate.ciphertext_bytes, working[i]);
    estimate.streamed_run_bytes = std::max(estimate.streamed_run_bytes, working[i] + keys[i]);
  }
  estimate.bootstrap_matrix_bytes = detail::bootstrap_matrix_bytes(program, params);
  for (const KeyNeed& key : program.key_needs) {
    estimate.evaluation_key_bytes += key_bytes(params, key);
    estimate.stored_evaluation_key_bytes += stored_key_bytes(params, key);
  }
  for (const WeightInfo& weight : program.weights) {
    estimate.weight_bytes += weight_bytes(params, weight);
    estimate.stored_weight_bytes += stored_weight_bytes(params, weight);
  }
  for (const Instruction& instruction : program.instructions) {
    std::uint64_t held = 0;
    std::size_t count = 0;
    for (const WeightId id : weights_of(instruction.operation)) {
      if (count++ % kStreamedWeights == 0) held = 0;
      held += weight_bytes(params, program.weights[static_cast<std::size_t>(id.value())]);
      estimate.streamed_weight_bytes = std::max(estimate.streamed_weight_bytes, held);
    }
  }
  return estimate;
}

}  // namespace obscura::plan::program
