#include "fhe/boot/rotation_plan.hpp"

#include <algorithm>

namespace obscura::fhe::boot {
namespace {

/// Of a factor that merges stages first .. first + count - 1 of log_slots: its offsets are the multiples of 2^first
/// below 2^(first + count) in magnitude, and the last stage of all wraps around.
RotationPlan plan(const params::BootstrapLiteral& literal, int first_stage, int count) {
  const bool wraps = first_stage + count == literal.log_slots;
  const int offsets = wraps ? 1 << count : (2 << count) - 1;
  const int babies = std::min(literal.baby_steps, offsets);
  return {1 << first_stage, wraps ? 0 : 1 - (1 << count), babies, (offsets + babies - 1) / babies};
}

}  // namespace

std::vector<RotationPlan> slots_to_coeffs_rotations(const params::BootstrapLiteral& literal) {
  std::vector<RotationPlan> plans;
  int done = 0;
  for (const int count : literal.slots_to_coeffs) {
    plans.push_back(plan(literal, done, count));
    done += count;
  }
  return plans;
}

std::vector<RotationPlan> coeffs_to_slots_rotations(const params::BootstrapLiteral& literal) {
  std::vector<RotationPlan> plans;
  int left = literal.log_slots;
  for (const int count : literal.coeffs_to_slots) {
    left -= count;
    plans.push_back(plan(literal, left, count));
  }
  return plans;
}

}  // namespace obscura::fhe::boot
