#include "deploy/client/open_secret.hpp"

#include "deploy/client/release.hpp"
#include "fhe/secret/key_file.hpp"
#include "plan/program/verify.hpp"
#include "runtime/wire/identity_of.hpp"

namespace obscura::deploy::client {

base::Result<OpenSecret> open_secret(std::span<const std::uint8_t> file, const std::string& name,
                                     std::span<const std::uint8_t> passphrase, const fhe::ckks::EngineOptions& engine) {
  OBSCURA_TRY(auto decoded, fhe::secret::decode_key_file(file, name, passphrase));
  OpenSecret open;
  OBSCURA_TRY(open.content, runtime::wire::read_key_content(decoded.info.parameters, name));
  const plan::program::Program& program = open.content.program;
  if (decoded.info.params != runtime::wire::params_digest(program.params, program.insecure) ||
      decoded.info.insecure != program.insecure || decoded.info.spec != runtime::wire::plan_digest(program)) {
    return base::fail(base::ErrorCode::kMismatch, name + " names other parameters or another plan than its program",
                      "get the key again from a copy of it, or generate keys anew");
  }
  OBSCURA_TRY(auto params, plan::program::make_params(open.content.program));
  OBSCURA_TRY(open.context, fhe::ckks::Context::create(std::move(params), engine));
  open.secret.emplace(fhe::secret::SecretKey::from_seed(open.context->ring(), decoded.secret_seed));
  open.labels = std::move(decoded.labels);
  open.release_cap = decoded.release_cap > 0 ? decoded.release_cap : default_release_cap(open.content.program);
  return open;
}

}  // namespace obscura::deploy::client
