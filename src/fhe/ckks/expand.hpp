#pragma once

#include <vector>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Regenerates the uniform half from its seed. Cost: one uniform sampling per limb, no NTT.
[[nodiscard]] Ciphertext expand(const ring::RingContext& ring, SeededCiphertext seeded);

/// The same for a switching key of which only the halves b_i were kept: half a_i is uniform number i of `seed`.
/// The b_i are as key_form() says of this kind and level. Cost: digits * limbs samplings.
[[nodiscard]] SwitchingKey expand_switching_key(const ring::RingContext& ring, KeyKind kind,
                                                std::vector<ring::EvaluationPoly> b, const random::Seed256& seed,
                                                params::Level level);

/// The same for a public key: `b` is over basis_qp(max level), a is uniform number 0 of `seed`.
[[nodiscard]] PublicKey expand_public_key(const ring::RingContext& ring, ring::EvaluationPoly b,
                                          const random::Seed256& seed);

}  // namespace obscura::fhe::ckks
