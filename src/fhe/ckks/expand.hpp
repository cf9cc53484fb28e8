#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Regenerates the uniform half from its seed. Cost: one uniform sampling per limb, no NTT.
[[nodiscard]] Ciphertext expand(const ring::RingContext& ring, SeededCiphertext seeded);

}  // namespace obscura::fhe::ckks
