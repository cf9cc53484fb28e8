#pragma once

#include <functional>

#include "fhe/ckks/context.hpp"
#include "fhe/ckks/keys.hpp"
#include "fhe/secret/secret_key.hpp"
#include "plan/program/program.hpp"

namespace obscura::deploy::owner {

struct KeySet {
  fhe::secret::SecretKey secret;
  fhe::ckks::PublicKey public_key;
  fhe::ckks::EvaluationKeys evaluation;
};

/// Called with how many keys are made, of how many.
using KeyProgress = std::function<void(std::size_t done, std::size_t total)>;

/// A fresh secret, its public key, and exactly the switching keys that program.key_needs names, each at its
/// highest level of use; a program with bootstraps is verified, so that its sparse secret is secure. Cost: per key
/// digits * limbs NTTs.
[[nodiscard]] KeySet generate_key_set(const fhe::ckks::Context& context, const plan::program::Program& program,
                                      const KeyProgress& progress);

}  // namespace obscura::deploy::owner
