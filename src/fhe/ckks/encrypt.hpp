#pragma once

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/random/stream.hpp"
#include "fhe/ring/ring_context.hpp"

namespace obscura::fhe::ckks {

/// Public-key encryption: (b, a) times a fresh ternary v plus errors modulo QP, divided by P, so that the
/// noise falls to the rounding of that division (NoiseModel::encrypt_public); plus the plaintext.
/// A plaintext over basis_qp is encrypted modulo Q_l P without the division (NoiseModel::encrypt_public_extended).
/// `stream` is a secret stream of fresh entropy, never used for anything else. Cost: 3 (l+1+k) NTTs.
[[nodiscard]] Ciphertext encrypt(const ring::RingContext& ring, const PublicKey& key, const Plaintext& plaintext,
                                 random::Stream& stream);

}  // namespace obscura::fhe::ckks
