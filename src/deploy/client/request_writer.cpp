#include "deploy/client/request_writer.hpp"

#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::deploy::client {

namespace wire = runtime::wire;

RequestWriter::RequestWriter(std::unique_ptr<fhe::ckks::Context> context, fhe::ckks::PublicKey public_key,
                             plan::program::RequestForm form, const artifact::Digest& plan, const artifact::Digest& key)
    : context_(std::move(context)),
      public_key_(std::move(public_key)),
      form_(std::move(form)),
      params_(wire::params_digest(form_.params, form_.insecure)),
      plan_(plan),
      key_(key) {}

base::Result<RequestWriter> RequestWriter::open(std::span<const std::uint8_t> file, const std::string& name,
                                                const fhe::ckks::EngineOptions& engine) {
  OBSCURA_TRY(const auto opened, wire::PublicKeyFile::open(file, name));
  OBSCURA_TRY(auto params, plan::program::make_params(opened.form()));
  OBSCURA_TRY(auto context, fhe::ckks::Context::create(std::move(params), engine));
  OBSCURA_TRY(auto key, opened.load(context->ring()));
  return RequestWriter(std::move(context), std::move(key), opened.form(), opened.plan(), opened.key());
}

base::Result<std::vector<std::uint8_t>> RequestWriter::write(std::span<const float> tensor) const {
  return write(Tensors(&tensor, 1));
}

base::Result<std::vector<std::uint8_t>> RequestWriter::write(Tensors tensors) const {
  OBSCURA_TRY(const auto ciphertexts, encrypt_inputs(*context_, public_key_, form_, tensors));
  const bool is_full = tensors.size() == static_cast<std::size_t>(images());
  const auto said = is_full ? 0 : static_cast<std::uint32_t>(tensors.size());
  return wire::write_request(context_->ring(), params_, form_.insecure, {plan_, key_, {}, said}, ciphertexts);
}

}  // namespace obscura::deploy::client
