#include <fmt/format.h>

#include "apps/admin/command.hpp"
#include "deploy/net/site.hpp"

namespace obscura::apps::admin {

namespace {

base::Result<Report> run_streams(const std::string& site) {
  OBSCURA_TRY_VOID(deploy::net::prepare_site(site));
  return Report{fmt::format("the site {} is ready\n", site), {{"site", site}}};
}

}  // namespace

void add_streams(CLI::App& app, Action& action) {
  auto site = std::make_shared<std::string>();
  auto* command = app.add_subcommand(
      "streams", "Make the streams of a NATS site, or change their limits, as the administrator's site file says");
  command->add_option("--site", *site, "The administrator's site file")->required();
  command->callback([&action, site] { action = [site] { return run_streams(*site); }; });
}

}  // namespace obscura::apps::admin
