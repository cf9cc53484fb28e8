#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Divides message and error by the last prime q_l: level falls by one, scale is divided by q_l. Level >= 1.
[[nodiscard]] Ciphertext rescale(const ring::RingContext& ring, const Ciphertext& a);

/// Forgets the highest primes; message and scale stay. Lossy: levels cannot be won back.
[[nodiscard]] Ciphertext drop_level(const ring::RingContext& ring, const Ciphertext& a, params::Level level);

}  // namespace obscura::fhe::ckks
