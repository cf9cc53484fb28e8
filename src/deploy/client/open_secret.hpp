#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/secret/secret_key.hpp"
#include "runtime/wire/key_content.hpp"

namespace obscura::deploy::client {

/// A secret key file, opened: the key, an engine for its parameters, and what it was made for.
struct OpenSecret {
  std::unique_ptr<fhe::ckks::Context> context;  ///< outlives the key
  std::optional<fhe::secret::SecretKey> secret;
  runtime::wire::KeyContent content;
  std::vector<std::string> labels;  ///< names of the classes; may be empty
  std::uint64_t release_cap = 0;    ///< results that the key may release, which a ReleaseCount counts
};

/// Opens the bytes of a secret key file, which messages call `name`. An unprotected file takes an empty passphrase.
/// Errors: those of decode_key_file (kSecret for a wrong or missing passphrase), read_key_content and Context::create;
/// kMismatch for a file whose parts name different parameters or plans.
[[nodiscard]] base::Result<OpenSecret> open_secret(std::span<const std::uint8_t> file, const std::string& name,
                                                   std::span<const std::uint8_t> passphrase,
                                                   const fhe::ckks::EngineOptions& engine);

}  // namespace obscura::deploy::client
