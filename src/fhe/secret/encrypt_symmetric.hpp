#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/secret/secret_key.hpp"

namespace obscura::fhe::secret {

/// (m + e - a s, a) with a named by (public_seed, index), over the plaintext's basis (Q_l or Q_l * P).
/// A (key, seed, index) must never be used for other content: the difference would reveal the messages'.
[[nodiscard]] ckks::SeededCiphertext encrypt_symmetric(const ring::RingContext& ring, const SecretKey& secret,
                                                       const ckks::Plaintext& plaintext,
                                                       const random::Seed256& public_seed, std::uint64_t index,
                                                       random::Stream& error_stream);

}  // namespace obscura::fhe::secret
