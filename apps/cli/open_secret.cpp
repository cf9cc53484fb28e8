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

}  // namespace obscura::apps::cli
