#pragma once

#include <functional>

#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/secret/secret_key.hpp"
#include "plan/program/program.hpp"

namespace obscura::deploy::owner {

struct KeyPair {
  fhe::secret::SecretKey secret;
  fhe::ckks::PublicKey public_key;
};

/// A fresh secret and its public key.
[[nodiscard]] KeyPair generate_key_pair(const fhe::ckks::Context& context);

/// Receives the evaluation keys one by one, each for one need of the program.
using KeySink = std::function<base::Result<void>(const plan::program::KeyNeed& need, fhe::ckks::SwitchingKey key)>;

/// Exactly the switching keys that program.key_needs names, in no particular order, each at its highest level of use; a
/// program with bootstraps is verified, so that its sparse secret is secure. Errors: those of the sink. Cost: per key
/// digits * limbs NTTs; memory for one key.
[[nodiscard]] base::Result<void> generate_evaluation_keys(const fhe::ckks::Context& context,
                                                          const fhe::secret::SecretKey& secret,
                                                          const plan::program::Program& program, const KeySink& sink);

}  // namespace obscura::deploy::owner
