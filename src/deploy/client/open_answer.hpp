#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "deploy/client/open_secret.hpp"
#include "deploy/client/release.hpp"
#include "fhe/ckks/ciphertext.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/secret/secret_key.hpp"
#include "plan/program/program.hpp"

namespace obscura::deploy::client {

/// Decrypts an answer (the program's results, in their order) and passes it through the release gate: the raw
/// decryption does not leave this call. Errors: kMismatch when number, level or scale are not those of the program's
/// results.
[[nodiscard]] base::Result<Release> open_answer(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                                const plan::program::Program& program,
                                                std::span<const fhe::ckks::Ciphertext> answer,
                                                std::span<const std::string> labels);

/// The same from the bytes of a result, which messages call `name`. Errors also: those of read_result.
[[nodiscard]] base::Result<Release> open_answer(const OpenSecret& key, std::span<const std::uint8_t> result,
                                                const std::string& name);

/// Largest distance between the decrypted scores and those of a reference (all outputs, one after the other), before
/// rounding: how far the encrypted computation is from the network in the clear. For the key holder's own eyes. Errors
/// as above, and kMismatch when the reference has another number of scores.
[[nodiscard]] base::Result<double> answer_error(const fhe::ckks::Context& context, const fhe::secret::SecretKey& secret,
                                                const plan::program::Program& program,
                                                std::span<const fhe::ckks::Ciphertext> answer,
                                                std::span<const double> reference);

}  // namespace obscura::deploy::client
