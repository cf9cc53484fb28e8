#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/params/index.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::boot {

/// A ciphertext of level 0 and any scale S, whose coefficients hold S u, as one of `level` and scale q_0 that holds
/// S u / q_0 + I with small integers I: sums of as many uniform numbers as the sparse secret of the keys has entries,
/// and one. Between the two key switches nothing but that secret can decrypt it (sparse-secret encapsulation, eprint
/// 2022/024, section 3). Needs the kEncapsulate and kDecapsulate keys; a missing one is a bug of the caller.
/// Cost: one key switch at `level`, and 2 level + 8 NTTs.
[[nodiscard]] ckks::Ciphertext mod_raise(const ring::RingContext& ring, const ckks::EvaluationKeys& keys,
                                         const ckks::Ciphertext& x, params::Level level);

}  // namespace obscura::fhe::boot
