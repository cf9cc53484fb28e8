#include <fmt/format.h>

#include <filesystem>

#include "apps/cli/command.hpp"
#include "apps/cli/open_secret.hpp"
#include "apps/cli/progress.hpp"
#include "artifact/identity.hpp"
#include "deploy/owner/encrypt_weights.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/identity_of.hpp"
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

base::Result<Report> run_seal(const Options& options, const Global& global) {
  OBSCURA_TRY(const auto plan, plan::weights::read_plan_file(options.plan));
  OBSCURA_TRY(const auto signer, artifact::load_secret_identity(options.identity));
  OBSCURA_TRY(const auto open, open_secret(options.key, options.passphrase, global.engine));
  OBSCURA_TRY_VOID(
      wire::check_same(wire::plan_digest(open.content.program), wire::plan_digest(plan.program), "plan", options.key));
  wire::SealedModelWriter writer(open.context->ring(), plan.program, open.content.key);
  Progress progress("sealing", plan.program.weights.size());
  std::size_t done = 0;
  OBSCURA_TRY_VOID(deploy::owner::encrypt_weights(*open.context, *open.secret, plan,
                                                  [&](fhe::ckks::SeededCiphertext weight) -> base::Result<void> {
                                                    writer.add(weight);
                                                    progress.update(++done);
                                                    return {};
                                                  }));
  OBSCURA_TRY_VOID(writer.write_file(options.output, signer.key));
  const auto bytes = std::filesystem::file_size(options.output);
  return Report{fmt::format("{}: sealed model, {} encrypted weights, {:.1f} MB, signed by {}\n", options.output,
                            plan.program.weights.size(), static_cast<double>(bytes) / 1e6,
                            artifact::describe(signer.public_identity())),
                {{"sealed_model", options.output},
                 {"weights", plan.program.weights.size()},
                 {"sealed_model_bytes", bytes},
                 {"signer", artifact::fingerprint(signer.key.verify_key().digest())}}};
}

}  // namespace

void add_seal(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("seal", "Encrypt the weights of a plan and sign the result");
  command->add_option("PLAN", options->plan, "The .plan file of a compiled model")->required();
  command->add_option("--key", options->key, "Secret key file")->required();
  command->add_option("--sign", options->identity, "Secret identity file")->required();
  command->add_option("-o,--output", options->output, "Sealed model")->required();
  add_passphrase_options(*command, options->passphrase, false);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_seal(*options, global); }; });
}

}  // namespace obscura::apps::cli
