#include "fhe/params/bootstrap_rotations.hpp"

#include <algorithm>
#include <set>

namespace obscura::fhe::params {
namespace {

/// Of a factor that merges stages first .. first + count - 1 of log_slots: its offsets are the multiples of 2^first
/// below 2^(first + count) in magnitude, and the last stage of all wraps around.
RotationPlan plan(const BootstrapLiteral& literal, int first_stage, int count) {
  const bool wraps = first_stage + count == literal.log_slots;
  const int offsets = wraps ? 1 << count : (2 << count) - 1;
  const int babies = std::min(literal.baby_steps, offsets);
  const int giants = (offsets + babies - 1) / babies;
  return {1 << first_stage, wraps ? 0 : 1 - (1 << count), offsets, babies, giants, 1 << (first_stage + count)};
}

/// Baby steps and the giant step, if there is one. Several offsets may be one rotation where they wrap around.
std::vector<RotationStep> steps_of(const RotationPlan& plan, int slots) {
  std::set<RotationStep> steps;
  const auto add = [&](int step) { steps.insert(RotationStep((step % slots + slots) % slots)); };
  for (int baby = 0; baby < plan.babies; ++baby) add((plan.first + baby) * plan.stride);
  if (plan.giants > 1) add(plan.babies * plan.stride);
  steps.erase(RotationStep(0));
  return {steps.begin(), steps.end()};
}

using Kind = BootstrapPhase::Kind;

/// From `level` down, a level for each matrix.
void add_matrices(std::vector<BootstrapPhase>& phases, Kind kind, const std::vector<RotationPlan>& plans, int slots,
                  Level level) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    phases.push_back({kind, i, level, steps_of(plans[i], slots)});
    level = Level(level.value() - 1);
  }
}

}  // namespace

std::vector<RotationPlan> slots_to_coeffs_rotations(const BootstrapLiteral& literal) {
  std::vector<RotationPlan> plans;
  int done = 0;
  for (const int count : literal.slots_to_coeffs) {
    plans.push_back(plan(literal, done, count));
    done += count;
  }
  return plans;
}

std::vector<RotationPlan> coeffs_to_slots_rotations(const BootstrapLiteral& literal) {
  std::vector<RotationPlan> plans;
  int left = literal.log_slots;
  for (const int count : literal.coeffs_to_slots) {
    left -= count;
    plans.push_back(plan(literal, left, count));
  }
  return plans;
}

std::vector<BootstrapPhase> bootstrap_phases(const BootstrapLiteral& literal, int log_n, Level top) {
  const int slots = 1 << (log_n - 1);
  const Level input(static_cast<int>(literal.slots_to_coeffs.size()));
  const Level reduced(top.value() - static_cast<int>(literal.coeffs_to_slots.size()));
  std::vector<BootstrapPhase> phases;
  add_matrices(phases, Kind::kSlotsToCoeffs, slots_to_coeffs_rotations(literal), slots, input);
  phases.push_back({Kind::kRaise, 0, top, {}});
  for (int step = 1 << literal.log_slots; step < slots; step *= 2) {
    phases.push_back({Kind::kTrace, 0, top, {RotationStep(step)}});
  }
  add_matrices(phases, Kind::kCoeffsToSlots, coeffs_to_slots_rotations(literal), slots, top);
  phases.push_back({Kind::kConjugate, 0, reduced, {}});
  phases.push_back({Kind::kReduce, 0, reduced, {}});
  return phases;
}

std::map<RotationStep, Level> bootstrap_rotations(const BootstrapLiteral& literal, int log_n, Level top) {
  std::map<RotationStep, Level> highest;
  for (const BootstrapPhase& phase : bootstrap_phases(literal, log_n, top)) {
    for (const RotationStep step : phase.rotations) {
      Level& level = highest.try_emplace(step, phase.level).first->second;
      level = std::max(level, phase.level);
    }
  }
  return highest;
}

}  // namespace obscura::fhe::params
