#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Element-wise sums. Operands have the same level and the same scale (a bug otherwise). No NTT.
[[nodiscard]] Ciphertext add(const ring::RingContext& ring, const Ciphertext& a, const Ciphertext& b);
[[nodiscard]] Ciphertext sub(const ring::RingContext& ring, const Ciphertext& a, const Ciphertext& b);
[[nodiscard]] Ciphertext negate(const ring::RingContext& ring, const Ciphertext& a);
[[nodiscard]] Ciphertext add_plain(const ring::RingContext& ring, const Ciphertext& a, const Plaintext& b);
[[nodiscard]] Ciphertext clone(const ring::RingContext& ring, const Ciphertext& a);

}  // namespace obscura::fhe::ckks
