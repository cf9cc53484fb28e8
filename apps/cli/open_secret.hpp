#pragma once

#include <string>

#include "apps/cli/passphrase.hpp"
#include "deploy/client/open_secret.hpp"

namespace obscura::apps::cli {

/// Reads the file, asking for its passphrase only if it has one. Errors: those of deploy::client::open_secret.
[[nodiscard]] base::Result<deploy::client::OpenSecret> open_secret(const std::string& path,
                                                                   const PassphraseOptions& passphrase,
                                                                   const fhe::ckks::EngineOptions& engine);

}  // namespace obscura::apps::cli
