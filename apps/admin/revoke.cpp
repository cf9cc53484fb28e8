#include <fmt/format.h>

#include "apps/admin/command.hpp"
#include "deploy/net/revoke_group.hpp"
#include "deploy/net/site.hpp"

namespace obscura::apps::admin {

namespace {

namespace net = deploy::net;

struct Options {
  std::string group;
  std::string site;
  std::string trust;
};

base::Result<Report> run_revoke(const Options& options) {
  net::SystemClock clock;
  std::string folder = options.trust;
  if (folder.empty()) {
    OBSCURA_TRY(const auto site, net::open_site(options.site, clock));
    folder = site.trust_folder;
  }
  if (folder.empty()) {
    return base::fail(base::ErrorCode::kUsage, "this site has no trust folder of its own",
                      "add --trust FOLDER, on every machine that has one, and take the group's account out of the "
                      "server's configuration");
  }
  OBSCURA_TRY(const auto revoked, net::revoke_group(folder, options.group, clock.now()));
  Report report;
  report.figures = {{"group", options.group},
                    {"number", revoked.number},
                    {"workers", revoked.identities},
                    {"folder", revoked.folder}};
  report.text = fmt::format("{}: revoked, {} workers; they lie in {}\n", options.group, revoked.identities.size(),
                            revoked.folder);
  return report;
}

}  // namespace

void add_revoke(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("revoke", "Trust a group of workers no more: what they sign counts no longer");
  command->add_option("GROUP", options->group, "Its name; \"default\": the workers without a group")->required();
  command->add_option("--site", options->site, "The site: its folder, or a site file")->required();
  command->add_option("--trust", options->trust, "Trust folder; left out: the site's own");
  command->callback([&action, options] { action = [options] { return run_revoke(*options); }; });
}

}  // namespace obscura::apps::admin
