#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "apps/cli/command.hpp"
#include "apps/cli/open_secret.hpp"

namespace obscura::apps::cli {

namespace {

struct ReleasesOptions {
  std::string key;
  std::string releases;
  std::optional<std::uint64_t> assume;
  PassphraseOptions passphrase;
};

base::Result<Report> run_releases(const ReleasesOptions& options, const Global& global) {
  OBSCURA_TRY(const auto secret, open_secret(options.key, options.passphrase, global.engine));
  const std::string path = releases_of(options.key, options.releases);
  if (options.assume) OBSCURA_TRY_VOID(deploy::client::ReleaseCount::assume(secret, path, *options.assume));
  OBSCURA_TRY(const auto count, deploy::client::ReleaseCount::open(secret, path));
  const std::uint64_t left = count->cap() - std::min(count->cap(), count->released());
  return Report{fmt::format("{}: {} of {} results released, {} left\n", path, count->released(), count->cap(), left),
                {{"releases", path}, {"released", count->released()}, {"cap", count->cap()}, {"left", left}}};
}

}  // namespace

void add_releases(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<ReleasesOptions>();
  auto* command = app.add_subcommand("releases", "Say how many results a secret key has released, and how many it may");
  command->add_option("--key", options->key, "Secret key file")->required();
  add_releases_option(*command, options->releases);
  command->add_option("--assume", options->assume,
                      "Count on from this number, where the file that counts was lost or is an old copy");
  add_passphrase_options(*command, options->passphrase, false);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_releases(*options, global); }; });
}

}  // namespace obscura::apps::cli
