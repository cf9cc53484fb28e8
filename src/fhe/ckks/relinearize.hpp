#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Back to two parts. `key` is a kRelinearize key of at least this level. Cost: one key switch.
[[nodiscard]] Ciphertext relinearize(const ring::RingContext& ring, const ProductCiphertext& product,
                                     const SwitchingKey& key);
/// The same fused with the rescale that follows: one division by P * q_l. Level falls by one.
[[nodiscard]] Ciphertext relinearize_and_rescale(const ring::RingContext& ring, const ProductCiphertext& product,
                                                 const SwitchingKey& key);

}  // namespace obscura::fhe::ckks
