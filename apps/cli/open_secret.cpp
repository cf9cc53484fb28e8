#include "apps/cli/open_secret.hpp"

#include "base/file.hpp"
#include "fhe/secret/key_file.hpp"

namespace obscura::apps::cli {

base::Result<deploy::client::OpenSecret> open_secret(const std::string& path, const PassphraseOptions& passphrase,
                                                     const fhe::ckks::EngineOptions& engine) {
  OBSCURA_TRY(const auto bytes, base::read_secret_file(path, fhe::secret::kMaxKeyFileBytes));
  OBSCURA_TRY(const auto summary, fhe::secret::summarize_key_file(bytes.reveal_secret(), path));
  base::SecretBytes words;
  if (summary.is_protected) {
    OBSCURA_TRY(words, read_passphrase(passphrase, false));
  }
  return deploy::client::open_secret(bytes.reveal_secret(), path, std::as_const(words).reveal_secret(), engine);
}

base::Result<KeyHolder> open_key_holder(const std::string& path, const std::string& releases,
                                        const PassphraseOptions& passphrase, const fhe::ckks::EngineOptions& engine) {
  KeyHolder holder;
  OBSCURA_TRY(holder.secret, open_secret(path, passphrase, engine));
  OBSCURA_TRY(holder.count, deploy::client::ReleaseCount::open(holder.secret, releases_of(path, releases)));
  return holder;
}

std::string releases_of(const std::string& key_path, const std::string& releases) {
  return releases.empty() ? deploy::client::release_count_path(key_path) : releases;
}

void add_releases_option(CLI::App& command, std::string& releases) {
  command.add_option("--releases", releases,
                     "File that counts what the secret key has released (default: its name and .releases)");
}

}  // namespace obscura::apps::cli
