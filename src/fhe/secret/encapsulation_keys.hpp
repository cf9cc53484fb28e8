#pragma once

#include "fhe/ckks/keys.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/secret/secret_key.hpp"

namespace obscura::fhe::secret {

/// The two keys between the dense secret and a sparse one that only they know (kEncapsulate, kDecapsulate).
struct EncapsulationKeys {
  ckks::SwitchingKey to_sparse;  ///< over ring::encapsulation_basis()
  ckks::SwitchingKey to_dense;   ///< usable up to the level that was asked for
};

/// Draws a sparse secret (params::kSparseWeight) from `sparse_stream`, a secret stream of fresh entropy that is used
/// for nothing else, makes both keys and forgets it. `public_seed` is fresh; `error_stream` is secret. Parameters that
/// params::check_sparse_secret refuses are a bug of the caller. Cost: that of one switching key.
[[nodiscard]] EncapsulationKeys make_encapsulation_keys(const ring::RingContext& ring, const SecretKey& secret,
                                                        params::Level level, const random::Seed256& public_seed,
                                                        random::Stream& error_stream, random::Stream& sparse_stream);

}  // namespace obscura::fhe::secret
