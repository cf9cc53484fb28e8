#include "fhe/circuits/sum_rotations.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "fhe/circuits/detail/rotated_limb.hpp"
#include "fhe/circuits/detail/term_plan.hpp"
#include "fhe/circuits/linear_transform.hpp"
#include "fhe/ring/key_switch.hpp"

namespace obscura::fhe::circuits {
namespace {

/// The transform whose diagonals are all ones.
LinearTransform transform_of(std::span<const params::RotationStep> steps) {
  GiantStep all{params::RotationStep(0), {}};
  for (const params::RotationStep step : steps) all.terms.push_back({0, step, 0});
  return {{std::move(all)}, true};
}

}  // namespace

ckks::Ciphertext sum_rotations(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                               const ckks::Ciphertext& x, std::span<const params::RotationStep> steps) {
  OBSCURA_CHECK(!steps.empty(), "a sum of no rotations");
  OBSCURA_CHECK(x.c0().basis() == ring.basis_q(x.level()), "the operand is modulo Q_l");
  const ckks::Ciphertext* const inputs[] = {&x};
  const detail::TermPlan plan = detail::plan_terms(ring, keys, transform_of(steps), 1, x.level());
  const detail::HoistedInputs hoisted = detail::hoist_inputs(ring, plan, inputs);
  auto sum0 = ring.make<ring::Domain::kEvaluation>(hoisted.basis);
  auto sum1 = ring.make<ring::Domain::kEvaluation>(hoisted.basis);
  ring.parallel().for_each(static_cast<std::size_t>(hoisted.basis.limbs()), [&](std::size_t i) {
    const int limb = static_cast<int>(i);
    const detail::RotatedLimb rotated(ring, plan, hoisted, limb);
    const auto& rotations = plan.rotation_of.front();
    for (std::size_t r = 0; r < rotations.size(); ++r) {
      const auto next = r + 1 < rotations.size() ? std::optional<std::size_t>(rotations[r + 1]) : std::nullopt;
      rotated.write(rotations[r], sum0.limb(limb).data(), sum1.limb(limb).data(), r > 0, next);
    }
  });
  ring::PolyPair parts = ring::divide_pair(ring, {std::move(sum0), std::move(sum1)}, false);
  return {std::move(parts.c0), std::move(parts.c1), x.level(), x.scale()};
}

}  // namespace obscura::fhe::circuits
