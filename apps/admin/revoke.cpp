#include <fmt/format.h>

#include "apps/admin/command.hpp"
#include "deploy/net/choose_groups.hpp"
#include "deploy/net/revoke_group.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/trust_folder.hpp"

namespace obscura::apps::admin {

namespace {

namespace net = deploy::net;

struct RevokeOptions {
  std::string group;
  std::string site;
  std::string trust;
};

/// Where the group is to be revoked. Nothing is connected to: a site that is down must not keep anybody in.
base::Result<net::SitePlace> place_of(const RevokeOptions& options) {
  if (!options.trust.empty()) return net::SitePlace{.trust_folder = options.trust, .over_nats = false, .server = {}};
  if (options.site.empty()) return base::fail(base::ErrorCode::kUsage, "say where", "add --site or --trust");
  OBSCURA_TRY(auto place, net::find_site(options.site));
  if (!place.trust_folder.empty()) return place;
  return base::fail(base::ErrorCode::kUsage, options.site + " has no line `trust`", "name a trust folder in it");
}

/// The server first: what has not come to pass there is not hidden by a group that is gone from the trust folder. Of a
/// group that nobody trusts it is left alone too: revoke_group says so.
base::Result<std::string> shut_out(const net::SitePlace& place, const std::string& group) {
  if (place.server.roles.empty()) return std::string(place.over_nats ? "elsewhere" : "none");
  OBSCURA_TRY(const auto trust, net::load_site_trust(place.trust_folder));
  const auto number = net::find_group(trust.jobs, group);
  if (!number || net::workers_of(trust.jobs, *number).empty()) return std::string("none");
  auto told = net::shut_out_group(place.server, *number);
  if (told) return std::string(net::name_of(*told));
  told.error().message = fmt::format("the trust folder is as before: {}", told.error().message);
  return base::forward_error(told);
}

std::string about_server(const std::string& server, const net::NatsServerFiles& files) {
  if (server == net::name_of(net::Reload::kTold)) {
    return "the server was told to let none of them in; its log says `Reloaded server configuration`\n";
  }
  if (server == net::name_of(net::Reload::kNobodyThere)) {
    return fmt::format("no nats-server runs that {} names: one will let none of them in when it starts\n", files.pid);
  }
  if (server == net::name_of(net::Reload::kNotAsked)) {
    return "its accounts are written; the server lets them in until it is told to read them (systemctl reload)\n";
  }
  if (server == "elsewhere") {
    return "the server still lets them in: its administrator takes that away, with a site file that has a line "
           "`server_roles`\n";
  }
  return {};
}

base::Result<Report> run_revoke(const RevokeOptions& options) {
  net::SystemClock clock;
  OBSCURA_TRY(const auto place, place_of(options));
  OBSCURA_TRY(const auto server, shut_out(place, options.group));
  OBSCURA_TRY(const auto revoked, net::revoke_group(place.trust_folder, options.group, clock.now()));
  Report report;
  report.figures = {{"group", options.group},
                    {"number", revoked.number},
                    {"workers", revoked.identities},
                    {"folder", revoked.folder},
                    {"server", server}};
  report.text = fmt::format("{}: revoked, {} workers; they lie in {}\n{}", options.group, revoked.identities.size(),
                            revoked.folder, about_server(server, place.server));
  return report;
}

}  // namespace

void add_revoke(CLI::App& app, Action& action) {
  auto options = std::make_shared<RevokeOptions>();
  auto* command = app.add_subcommand("revoke", "Trust a group of workers no more: what they sign counts no longer");
  command->add_option("GROUP", options->group, "Its name; \"default\": the workers without a group")->required();
  command->add_option("--site", options->site,
                      "The site: its folder, or a site file; with the administrator's, its server too");
  command->add_option("--trust", options->trust, "A trust folder, and nothing else");
  command->callback([&action, options] { action = [options] { return run_revoke(*options); }; });
}

}  // namespace obscura::apps::admin
