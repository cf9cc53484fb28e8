#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/secret/secret_key.hpp"

namespace obscura::fhe::secret {

/// c0 + c1 s. The raw decryption holds the error and, through it, the key (Li, Micciancio, EUROCRYPT
/// 2021): it never leaves the key holder; release rounded answers only. Constant-time.
[[nodiscard]] ckks::Plaintext decrypt(const ring::RingContext& ring, const SecretKey& secret,
                                      const ckks::Ciphertext& ciphertext);

}  // namespace obscura::fhe::secret
