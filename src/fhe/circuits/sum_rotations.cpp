#include "fhe/circuits/sum_rotations.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

/// One limb of both sums, over `terms`, the numbers of rotations.
void sum_limb(const ring::RingContext& ring, detail::RotatedLimb& rotated, std::span<const std::size_t> terms, int limb,
              ring::EvaluationPoly& sum0, ring::EvaluationPoly& sum1) {
  const auto n = static_cast<std::size_t>(ring.degree());
  const auto& q = ring.modulus(sum0.basis(), limb);
  std::uint64_t* const out0 = sum0.limb(limb).data();
  std::uint64_t* const out1 = sum1.limb(limb).data();
  bool first = true;
  for (const std::size_t rotation : terms) {
    const detail::LimbPair pair = rotated.get(rotation);
    if (first) {
      std::copy_n(pair.r0, n, out0);
      std::copy_n(pair.r1, n, out1);
    } else {
      ring.kernels().add(out0, out0, pair.r0, n, q);
      ring.kernels().add(out1, out1, pair.r1, n, q);
    }
    rotated.release(rotation);
    first = false;
  }
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
    detail::RotatedLimb rotated(ring, plan, hoisted, limb);
    sum_limb(ring, rotated, plan.rotation_of.front(), limb, sum0, sum1);
  });
  ring::PolyPair parts = ring::divide_pair(ring, {std::move(sum0), std::move(sum1)}, false);
  return {std::move(parts.c0), std::move(parts.c1), x.level(), x.scale()};
}

}  // namespace obscura::fhe::circuits
