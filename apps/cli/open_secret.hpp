#pragma once

#include <string>

#include "apps/cli/passphrase.hpp"
#include "deploy/client/open_secret.hpp"
#include "deploy/client/release_count.hpp"

namespace obscura::apps::cli {

/// Reads the file, asking for its passphrase only if it has one. Errors: those of deploy::client::open_secret.
[[nodiscard]] base::Result<deploy::client::OpenSecret> open_secret(const std::string& path,
                                                                   const PassphraseOptions& passphrase,
                                                                   const fhe::ckks::EngineOptions& engine);

/// A secret key whose answers are released, each counted in its count.
struct KeyHolder {
  deploy::client::OpenSecret secret;
  std::unique_ptr<deploy::client::ReleaseCount> count;
};

/// `releases`: the file that counts, "" for the one beside the key. Errors also: those of ReleaseCount::open.
[[nodiscard]] base::Result<KeyHolder> open_key_holder(const std::string& path, const std::string& releases,
                                                      const PassphraseOptions& passphrase,
                                                      const fhe::ckks::EngineOptions& engine);

/// `releases`, or the file beside the key if that is empty.
[[nodiscard]] std::string releases_of(const std::string& key_path, const std::string& releases);

/// Adds --releases.
void add_releases_option(CLI::App& command, std::string& releases);

}  // namespace obscura::apps::cli
