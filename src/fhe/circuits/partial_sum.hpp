#pragma once

#include <span>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::circuits {

/// Adds partial sums of one linear transform, each of some of its giant steps (RunningTransform::finish_partial), and
/// divides once: what the transform with all these giant steps and encrypted diagonals gives, to the last bit, in
/// whichever order they come.
/// The parts are over basis_qp of one level, of one scale; at least one. The result is at that level and scale, or
/// with `rescale` rescaled. Cost: additions, and one ModDown of both parts.
[[nodiscard]] ckks::Ciphertext join_partial(const ring::RingContext& ring,
                                            std::span<const ckks::Ciphertext* const> parts, bool rescale);

}  // namespace obscura::fhe::circuits
