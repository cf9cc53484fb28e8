#include <fmt/format.h>

#include <filesystem>

#include "apps/cli/command.hpp"
#include "apps/cli/open_secret.hpp"
#include "apps/cli/progress.hpp"
#include "artifact/header.hpp"
#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "deploy/owner/encrypt_weights.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::apps::cli {

namespace {

namespace wire = runtime::wire;

struct Options {
  std::string plan;
  std::string key;
  std::string identity;
  std::string output;
  PassphraseOptions passphrase;
};

base::Result<void> check_plan(const artifact::Digest& of_key, const plan::weights::Plan& plan,
                              const std::string& name) {
  return wire::check_same(of_key, wire::plan_digest(plan.program), "plan", name);
}

base::Result<void> seal_under_secret(const Options& options, const plan::weights::Plan& plan,
                                     const artifact::SigningKey& signer, const Global& global) {
  OBSCURA_TRY(const auto open, open_secret(options.key, options.passphrase, global.engine));
  OBSCURA_TRY_VOID(check_plan(wire::plan_digest(open.content.program), plan, options.key));
  wire::SealedModelWriter writer(open.context->ring(), plan.program, open.content.key);
  Progress progress("sealing", plan.program.weights.size());
  const auto sink = [&, done = std::size_t{0}](const fhe::ckks::SeededCiphertext& weight) mutable {
    writer.add(weight);
    progress.update(++done);
    return base::Result<void>();
  };
  OBSCURA_TRY_VOID(deploy::owner::encrypt_weights(*open.context, *open.secret, plan, sink));
  return writer.write_file(options.output, signer);
}

base::Result<void> seal_under_public(const Options& options, const plan::weights::Plan& plan,
                                     std::span<const std::uint8_t> key_bytes, const artifact::SigningKey& signer,
                                     const Global& global) {
  OBSCURA_TRY(const auto file, wire::PublicKeyFile::open(key_bytes, options.key));
  OBSCURA_TRY_VOID(check_plan(file.plan(), plan, options.key));
  if (plan.program.sealing_key != plan::program::SealingKey::kPublic) {
    return base::fail(base::ErrorCode::kMismatch,
                      options.plan + ": the plan's error statement counts on weights sealed under the secret key",
                      "compile the model with `--seal-with public`, or seal with the secret key");
  }
  OBSCURA_TRY(auto params, plan::program::make_params(plan.program));
  OBSCURA_TRY(const auto context, fhe::ckks::Context::create(std::move(params), global.engine));
  OBSCURA_TRY(const auto key, file.load(context->ring()));
  wire::SealedModelWriter writer(context->ring(), plan.program, file.key());
  Progress progress("sealing", plan.program.weights.size());
  const auto sink = [&, done = std::size_t{0}](const fhe::ckks::Ciphertext& weight) mutable {
    writer.add(weight);
    progress.update(++done);
    return base::Result<void>();
  };
  OBSCURA_TRY_VOID(deploy::owner::encrypt_weights(*context, key, plan, sink));
  return writer.write_file(options.output, signer);
}

base::Result<Report> run_seal(const Options& options, const Global& global) {
  OBSCURA_TRY(const auto plan, plan::weights::read_plan_file(options.plan));
  OBSCURA_TRY(const auto signer, artifact::load_secret_identity(options.identity));
  OBSCURA_TRY(const auto key_bytes, base::read_file(options.key, wire::kMaxPublicKeyBytes));
  OBSCURA_TRY(const auto header, artifact::read_any_header(key_bytes, key_bytes.size(), options.key));
  const bool is_public = header.kind == artifact::ArtifactKind::kPublicKey;
  OBSCURA_TRY_VOID(is_public ? seal_under_public(options, plan, key_bytes, signer.key, global)
                             : seal_under_secret(options, plan, signer.key, global));
  const auto bytes = std::filesystem::file_size(options.output);
  return Report{fmt::format("{}: sealed model, {} encrypted weights, {:.1f} MB, signed by {}\n", options.output,
                            plan.program.weights.size(), static_cast<double>(bytes) / 1e6,
                            artifact::describe(signer.public_identity())),
                {{"sealed_model", options.output},
                 {"weights", plan.program.weights.size()},
                 {"sealed_model_bytes", bytes},
                 {"key", is_public ? "public" : "secret"},
                 {"signer", artifact::fingerprint(signer.key.verify_key().digest())}}};
}

}  // namespace

void add_seal(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("seal", "Encrypt the weights of a plan and sign the result");
  command->add_option("PLAN", options->plan, "The .plan file of a compiled model")->required();
  command->add_option("--key", options->key, "Secret or public key file")->required();
  command->add_option("--sign", options->identity, "Secret identity file")->required();
  command->add_option("-o,--output", options->output, "Sealed model")->required();
  add_passphrase_options(*command, options->passphrase, false);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_seal(*options, global); }; });
}

}  // namespace obscura::apps::cli
