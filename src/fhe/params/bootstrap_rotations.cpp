#include "fhe/params/bootstrap_rotations.hpp"

#include <algorithm>

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

using Steps = std::map<RotationStep, Level>;

void add(Steps& steps, int step, int slots, Level level) {
  const int positive = (step % slots + slots) % slots;
  if (positive == 0) return;
  const auto [place, is_new] = steps.try_emplace(RotationStep(positive), level);
  if (!is_new) place->second = std::max(place->second, level);
}

/// From `level` down, a level for each.
void add(Steps& steps, const std::vector<RotationPlan>& plans, int slots, Level level) {
  for (const RotationPlan& plan : plans) {
    for (int baby = 0; baby < plan.babies; ++baby) add(steps, (plan.first + baby) * plan.stride, slots, level);
    if (plan.giants > 1) add(steps, plan.babies * plan.stride, slots, level);
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

std::map<RotationStep, Level> bootstrap_rotations(const BootstrapLiteral& literal, int log_n, Level top) {
  const int slots = 1 << (log_n - 1);
  Steps steps;
  add(steps, slots_to_coeffs_rotations(literal), slots, Level(static_cast<int>(literal.slots_to_coeffs.size())));
  add(steps, coeffs_to_slots_rotations(literal), slots, top);
  for (int step = 1 << literal.log_slots; step < slots; step *= 2) add(steps, step, slots, top);
  return steps;
}

}  // namespace obscura::fhe::params
