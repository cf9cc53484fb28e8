#pragma once

#include <span>
#include <string>

#include "base/result.hpp"
#include "deploy/client/release.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/secret/secret_key.hpp"
#include "plan/program/program.hpp"

namespace obscura::deploy::client {

/// Decrypts an answer and passes it through the release gate: the raw decryption does not leave this call.
/// Errors: kMismatch when level or scale are not those of the program's result.
[[nodiscard]] base::Result<Release> open_answer(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                                const plan::program::Program& program,
                                                const fhe::ckks::Ciphertext& answer,
                                                std::span<const std::string> labels);

}  // namespace obscura::deploy::client
