#include "apps/cli/open_secret.hpp"

#include "base/file.hpp"
#include "fhe/secret/key_file.hpp"
#include "plan/program/verify.hpp"

namespace obscura::apps::cli {

base::Result<OpenSecret> open_secret(const std::string& path, const PassphraseOptions& passphrase,
                                     const fhe::ckks::EngineOptions& engine) {
  OBSCURA_TRY(const auto bytes, base::read_secret_file(path, fhe::secret::kMaxKeyFileBytes));
  OBSCURA_TRY(const auto summary, fhe::secret::summarize_key_file(bytes.reveal_secret(), path));
  base::SecretBytes words;
  if (summary.is_protected) {
    OBSCURA_TRY(words, read_passphrase(passphrase, false));
  }
  OBSCURA_TRY(auto file,
              fhe::secret::decode_key_file(bytes.reveal_secret(), path, std::as_const(words).reveal_secret()));
  OpenSecret open;
  OBSCURA_TRY(open.content, runtime::wire::read_key_content(file.info.parameters, path));
  OBSCURA_TRY(auto params, plan::program::make_params(open.content.program));
  OBSCURA_TRY(open.context, fhe::ckks::Context::create(std::move(params), engine));
  open.secret.emplace(fhe::secret::SecretKey::from_seed(open.context->ring(), file.secret_seed));
  open.labels = std::move(file.labels);
  return open;
}

}  // namespace obscura::apps::cli
