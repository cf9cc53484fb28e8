#include "plan/program/detail/bootstrap_memory.hpp"

#include <algorithm>
#include <vector>

#include "fhe/params/bootstrap_rotations.hpp"
#include "plan/program/detail/poly_bytes.hpp"

namespace obscura::plan::program::detail {
namespace {

using fhe::params::BootstrapLiteral;
using fhe::params::ParamSet;
using fhe::params::RotationPlan;

/// A diagonal that repeats is stored once: two words per value and limb.
std::uint64_t matrix_bytes(const ParamSet& params, const RotationPlan& plan, Level level) {
  const std::uint64_t whole = poly_bytes(params, level, true) / static_cast<std::uint64_t>(params.slots());
  return static_cast<std::uint64_t>(plan.offsets) * static_cast<std::uint64_t>(plan.period) * whole;
}

/// How many last matrices of SlotsToCoeffs there are.
std::uint64_t input_scales(const Program& program) {
  std::vector<Scale> scales;
  for (const Instruction& instruction : program.instructions) {
    const auto* bootstrap = std::get_if<Bootstrap>(&instruction.operation);
    if (bootstrap == nullptr) continue;
    const Scale& operand = program.instructions[static_cast<std::size_t>(bootstrap->operand.value())].scale;
    const Scale seen = operand * Scale::power_of_two(bootstrap->log2_range);
    if (std::find(scales.begin(), scales.end(), seen) == scales.end()) scales.push_back(seen);
  }
  return scales.size();
}

Level below(Level top, std::size_t levels) {
  return Level(top.value() - static_cast<int>(levels));
}

/// A matrix of CoeffsToSlots: what goes in and what the matrix before it took, digits, sums of products and their sum
/// modulo QP, and the key switch of a giant step.
std::uint64_t transform_workspace(const ParamSet& params, const RotationPlan& plan, Level level) {
  const std::uint64_t sums = 2 * static_cast<std::uint64_t>(plan.giants + 1) * poly_bytes(params, level, true);
  return 2 * 2 * poly_bytes(params, params.max_level(), false) + digit_bytes(params, level) + sums +
         key_switch_workspace(params, level);
}

/// The powers of EvalMod's polynomial beside a number, its conjugate and what one of the halves became, and a product.
std::uint64_t eval_mod_workspace(const BootstrapLiteral& bootstrap, const ParamSet& params) {
  const Level level = below(params.max_level(), bootstrap.coeffs_to_slots.size());
  const auto held = static_cast<std::uint64_t>(bootstrap.cosine_degree / 2 + 4);
  return (2 * held + 3) * poly_bytes(params, level, false) + key_switch_workspace(params, level);
}

}  // namespace

std::uint64_t bootstrap_matrix_bytes(const Program& program, const ParamSet& params) {
  if (!program.bootstrap) return 0;
  const std::vector<RotationPlan> down = fhe::params::slots_to_coeffs_rotations(*program.bootstrap);
  const std::vector<RotationPlan> up = fhe::params::coeffs_to_slots_rotations(*program.bootstrap);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < down.size(); ++i) {
    const std::uint64_t count = i + 1 < down.size() ? 1 : input_scales(program);
    sum += count * matrix_bytes(params, down[i], Level(static_cast<int>(down.size() - i)));
  }
  for (std::size_t i = 0; i < up.size(); ++i) sum += matrix_bytes(params, up[i], below(params.max_level(), i));
  return sum;
}

std::uint64_t bootstrap_workspace(const BootstrapLiteral& bootstrap, const ParamSet& params) {
  std::uint64_t most = eval_mod_workspace(bootstrap, params);
  Level level = params.max_level();
  for (const RotationPlan& plan : fhe::params::coeffs_to_slots_rotations(bootstrap)) {
    most = std::max(most, transform_workspace(params, plan, level));
    level = below(level, 1);
  }
  return most;
}

}  // namespace obscura::plan::program::detail
