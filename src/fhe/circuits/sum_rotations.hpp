#pragma once

#include <span>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/index.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits {

/// sum over the steps (at least one; equal ones count as often as they stand there) of rot_step(x), at the level and
/// scale of x. Rotations stay modulo Q_l P until they are summed, so that one division serves all of them (Bossuat,
/// Mouchet, Troncoso-Pastoriza, Hubaux, EUROCRYPT 2021, section 4). Needs the kGalois key of every step that is not a
/// multiple of the number of slots; a missing one is a bug of the caller.
/// Cost: one ModUp, one product with a key per step, one ModDown of both parts. One task per limb.
[[nodiscard]] ckks::Ciphertext sum_rotations(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                                             const ckks::Ciphertext& x, std::span<const params::RotationStep> steps);

}  // namespace obscura::fhe::circuits
