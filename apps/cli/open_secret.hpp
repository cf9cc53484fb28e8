#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/passphrase.hpp"
#include "fhe/ckks/context.hpp"
#include "fhe/secret/secret_key.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::apps::cli {

/// A secret key file, opened: the key, an engine for its parameters, and what it was made for.
struct OpenSecret {
  std::unique_ptr<fhe::ckks::Context> context;  // outlives the key
  std::optional<fhe::secret::SecretKey> secret;
  runtime::wire::KeyContent content;
  std::vector<std::string> labels;
};

/// Reads the file, asking for its passphrase only if it has one. Errors: those of decode_key_file,
/// read_key_content and Context::create.
[[nodiscard]] base::Result<OpenSecret> open_secret(const std::string& path, const PassphraseOptions& passphrase,
                                                   const fhe::ckks::EngineOptions& engine);

}  // namespace obscura::apps::cli
