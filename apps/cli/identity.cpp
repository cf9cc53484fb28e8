#include "artifact/identity.hpp"

#include <fmt/format.h>

#include "apps/cli/command.hpp"

namespace obscura::apps::cli {

namespace {

struct IdentityOptions {
  std::string output;
  std::string name;
};

base::Result<Report> run_new(const IdentityOptions& options) {
  OBSCURA_TRY(const auto identity, artifact::create_identity(options.output, options.name));
  const std::string fingerprint = artifact::fingerprint(identity.key.digest());
  return Report{fmt::format("{}: secret half, keep it\n{}.pub: public half, hand it out\nfingerprint {}\n",
                            options.output, options.output, fingerprint),
                {{"secret", options.output}, {"public", options.output + ".pub"}, {"fingerprint", fingerprint}}};
}

}  // namespace

void add_identity(CLI::App& app, const Global&, Action& action) {
  auto options = std::make_shared<IdentityOptions>();
  auto* command = app.add_subcommand("identity", "Signing identities: who made a sealed model");
  command->require_subcommand(1);
  auto* create = command->add_subcommand("new", "Make an Ed25519 signing pair");
  create->add_option("-o,--output", options->output, "File of the secret half; the public one is FILE.pub")->required();
  create->add_option("--name", options->name, "A name to remember it by");
  create->callback([&action, options] { action = [options] { return run_new(*options); }; });
}

}  // namespace obscura::apps::cli
