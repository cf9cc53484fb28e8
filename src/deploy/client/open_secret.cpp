#include "deploy/client/open_secret.hpp"

#include "deploy/client/release.hpp"
#include "fhe/secret/key_file.hpp"
#include "plan/program/verify.hpp"

namespace obscura::deploy::client {

base::Result<OpenSecret> open_secret(std::span<const std::uint8_t> file, const std::string& name,
                                     std::span<const std::uint8_t> passphrase, const fhe::ckks::EngineOptions& engine) {
  OBSCURA_TRY(auto decoded, fhe::secret::decode_key_file(file, name, passphrase));
  OpenSecret open;
  OBSCURA_TRY(open.content, runtime::wire::read_key_content(decoded.info.parameters, name));
  OBSCURA_TRY(auto params, plan::program::make_params(open.content.program));
  OBSCURA_TRY(open.context, fhe::ckks::Context::create(std::move(params), engine));
  open.secret.emplace(fhe::secret::SecretKey::from_seed(open.context->ring(), decoded.secret_seed));
  open.labels = std::move(decoded.labels);
  open.release_cap = decoded.release_cap > 0 ? decoded.release_cap : default_release_cap(open.content.program);
  return open;
}

}  // namespace obscura::deploy::client
