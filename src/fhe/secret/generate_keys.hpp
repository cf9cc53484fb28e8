#pragma once

#include "fhe/ckks/keys.hpp"
#include "fhe/secret/secret_key.hpp"

namespace obscura::fhe::secret {

[[nodiscard]] ckks::PublicKey make_public_key(const ring::RingContext& ring, const SecretKey& secret,
                                              const random::Seed256& public_seed, random::Stream& error_stream);

/// One switching key of the kind and automorphism that `id` names, usable up to `level`. `public_seed` names
/// the uniform halves (index = digit) and must be fresh; `error_stream` is secret.
/// Cost: digits * limbs NTTs.
[[nodiscard]] ckks::SwitchingKey make_switching_key(const ring::RingContext& ring, const SecretKey& secret,
                                                    ckks::KeyId id, params::Level level,
                                                    const random::Seed256& public_seed, random::Stream& error_stream);

}  // namespace obscura::fhe::secret
