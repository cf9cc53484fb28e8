#pragma once

#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Regenerates the uniform half from its seed. Cost: one uniform sampling per limb, no NTT.
[[nodiscard]] Ciphertext expand(const ring::RingContext& ring, SeededCiphertext seeded);

/// The same for a switching key: half a_i is uniform number i of its seed, up to `level`. The b_i are as key_form()
/// says of this kind and that level, or a higher one, whose further digits and limbs stay unused. Cost: digits * limbs
/// samplings, of `level`.
[[nodiscard]] SwitchingKey expand(const ring::RingContext& ring, KeyKind kind, SeededSwitchingKey seeded,
                                  params::Level level);

/// The same for a public key: `b` is over basis_qp(max level), a is uniform number 0 of `seed`.
[[nodiscard]] PublicKey expand_public_key(const ring::RingContext& ring, ring::EvaluationPoly b,
                                          const random::Seed256& seed);

}  // namespace obscura::fhe::ckks
