#pragma once

#include <functional>

#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/secret/secret_key.hpp"
#include "plan/weights/weights.hpp"

namespace obscura::deploy::owner {

/// Receives the sealed weights one by one, in the order of Program::weights.
using SeededWeightSink = std::function<base::Result<void>(fhe::ckks::SeededCiphertext)>;
using WeightSink = std::function<base::Result<void>(fhe::ckks::Ciphertext)>;

/// Encrypts every weight under the secret key at the level, scale and basis that the program states. All
/// uniform halves come from one public seed drawn here, index = number of the weight; as the seed is fresh
/// for every call, no (key, seed, index) ever names two contents.
/// Errors: those of the sink. Cost: per weight one encoding and one symmetric encryption.
[[nodiscard]] base::Result<void> encrypt_weights(const fhe::ckks::Context& context,
                                                 const fhe::secret::SecretKey& secret, const plan::weights::Plan& plan,
                                                 const SeededWeightSink& sink);

/// The same under the public key, for an owner who does not hold the secret one: two parts per weight, and the
/// larger errors that a program with SealingKey::kPublic counts on; any other is a bug of the caller.
/// Cost: per weight one encoding and one public-key encryption.
[[nodiscard]] base::Result<void> encrypt_weights(const fhe::ckks::Context& context, const fhe::ckks::PublicKey& key,
                                                 const plan::weights::Plan& plan, const WeightSink& sink);

}  // namespace obscura::deploy::owner
