#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/nats_server.hpp"

namespace obscura::apps::cli {

/// The one tenant of a site for development.
inline constexpr const char* kDevTenant = "dev";

/// How the roles reach a site for development: its folder, or over NATS a site file of each.
struct DevAddresses {
  std::string client;
  std::string owner;
  std::string worker;
  std::string admin;
};
[[nodiscard]] DevAddresses dev_addresses(const std::string& folder, bool over_nats);

/// How `program`, obscura-admin, is started to supervise such a site.
[[nodiscard]] std::vector<std::string> supervisor_command(const std::string& program, const std::string& folder,
                                                          bool over_nats);

/// How many operator groups a site for development has: of one over NATS those that it was made with, or will be; of a
/// folder one. `asked` 0: whatever it has. Error: kUsage (another number is asked for).
[[nodiscard]] base::Result<std::uint32_t> groups_of_dev_site(const std::string& folder, bool over_nats,
                                                             std::uint32_t asked);

/// Makes, as far as it is not there, identities/{worker,supervisor,client}, and trust/ with these and the public
/// identities of `owners`; for every operator group but the first also identities/worker-NUMBER, trusted in
/// trust/workers/NUMBER-groupNUMBER. Errors: kIo; those of load_public_identity.
[[nodiscard]] base::Result<void> make_dev_site(const std::string& folder, const std::vector<std::string>& owners,
                                               std::uint32_t groups);

/// Makes, as far as they are not there, the files of a NATS server in nats/ and a site file per role, of workers one
/// per operator group (worker.site, worker-1.site ...); starts the server on the loopback interface, on a port that
/// stays the site's, and makes its streams. `groups` is for a site that is made. Errors: those of write_nats_site,
/// NatsServer::start and prepare_site.
[[nodiscard]] base::Result<std::unique_ptr<deploy::net::NatsServer>> start_dev_server(const std::string& folder,
                                                                                      std::uint32_t groups);

}  // namespace obscura::apps::cli
