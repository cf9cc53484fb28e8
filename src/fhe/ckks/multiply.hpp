#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Products, not relinearised; the scale is the product of the scales. Operands have the same level.
[[nodiscard]] ProductCiphertext multiply(const ring::RingContext& ring, const Ciphertext& a, const Ciphertext& b);
[[nodiscard]] ProductCiphertext square(const ring::RingContext& ring, const Ciphertext& a);
[[nodiscard]] Ciphertext multiply_plain(const ring::RingContext& ring, const Ciphertext& a, const Plaintext& b);
/// Every slot times i^power. Exact.
[[nodiscard]] Ciphertext multiply_by_i(const ring::RingContext& ring, const Ciphertext& a, int power);

}  // namespace obscura::fhe::ckks
