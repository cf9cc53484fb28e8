#include "apps/cli/dev_site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "deploy/net/nats_site.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/site_file.hpp"

namespace obscura::apps::cli {

namespace {

namespace fs = std::filesystem;
namespace net = deploy::net;
using base::ErrorCode;

constexpr std::uint64_t kMaxIdentityBytes = 64 * 1024;

std::string trusted_group(std::uint32_t number) {
  return fmt::format("workers/{0}-group{0}", number);
}

base::Result<void> create_folders(const std::string& site, const std::vector<std::string>& trusted) {
  std::vector<std::string> names{"identities"};
  for (const std::string& name : trusted) names.push_back("trust/" + name);
  for (const std::string& name : names) {
    std::error_code error;
    fs::create_directories(fs::path(site) / name, error);
    if (error) {
      return base::fail(ErrorCode::kIo, fmt::format("cannot create {}/{}: {}", site, name, error.message()),
                        "give a folder that you may write to");
    }
  }
  return {};
}

base::Result<void> copy_public(const std::string& from, const std::string& folder) {
  OBSCURA_TRY([[maybe_unused]] const auto identity, artifact::load_public_identity(from));
  OBSCURA_TRY(const auto bytes, base::read_file(from, kMaxIdentityBytes));
  return base::write_file_atomically((fs::path(folder) / fs::path(from).filename()).string(), bytes);
}

/// Makes the identity of a role unless it is there, and has it trusted in that role.
base::Result<void> create_role(const std::string& site, const std::string& name, const std::string& trusted) {
  const std::string path = fmt::format("{}/identities/{}", site, name);
  std::error_code error;
  const bool known = fs::exists(path, error);
  if (error) return base::fail(ErrorCode::kIo, fmt::format("cannot look at {}: {}", path, error.message()));
  if (!known) {
    OBSCURA_TRY([[maybe_unused]] const auto made, artifact::create_identity(path, name));
  }
  return copy_public(path + ".pub", fmt::format("{}/trust/{}", site, trusted));
}

/// `nats_role` as write_nats_site() names it; `more` is what only this role says.
base::Result<void> write_site_file(const std::string& path, const std::string& url, const std::string& nats_role,
                                   const std::string& more) {
  const std::string text = fmt::format(
      "# Written by `obscura up --nats`: how this role reaches the site.\n"
      "server {0}\n"
      "ca {1}/ca.crt\n"
      "certificate {1}/roles/{2}.crt\n"
      "certificate_key {1}/roles/{2}.key\n"
      "seed {1}/roles/{2}.seed\n"
      "trust trust\n{3}",
      url, net::kNatsFolder, nats_role, more);
  return base::write_file_atomically(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// The administrator's site file comes last: what was interrupted before is begun anew.
base::Result<void> make_server_files(const std::string& folder, std::uint32_t groups) {
  const std::string nats = fmt::format("{}/{}", folder, net::kNatsFolder);
  const DevAddresses files = dev_addresses(folder, true);
  std::error_code ignored;
  if (fs::exists(files.admin, ignored)) return {};
  OBSCURA_TRY(const std::uint16_t port, net::free_loopback_port());
  OBSCURA_TRY_VOID(net::write_nats_site(
      {.folder = fs::absolute(nats, ignored).string(), .port = port, .tenants = {kDevTenant}, .groups = groups}));
  const std::string url = fmt::format("tls://127.0.0.1:{}", port);
  OBSCURA_TRY_VOID(write_site_file(files.client, url, std::string("submitter-") + kDevTenant,
                                   fmt::format("role client\ntenant {}\n", kDevTenant)));
  OBSCURA_TRY_VOID(write_site_file(files.owner, url, "owner", "role owner\n"));
  for (std::uint32_t group = 0; group < groups; ++group) {
    const std::string path = group == 0 ? files.worker : fmt::format("{}/worker-{}.site", folder, group);
    OBSCURA_TRY_VOID(
        write_site_file(path, url, fmt::format("worker-{}", group), fmt::format("role worker\ngroup {}\n", group)));
  }
  return write_site_file(files.admin, url, "supervisor",
                         fmt::format("role admin\ngroups {0}\nserver_roles {1}/roles.conf\n"
                                     "server_accounts {1}/accounts.conf\nserver_pid {1}/server.pid\n",
                                     groups, net::kNatsFolder));
}

}  // namespace

DevAddresses dev_addresses(const std::string& folder, bool over_nats) {
  if (!over_nats) return {.client = folder, .owner = folder, .worker = folder, .admin = folder};
  return {.client = folder + "/client.site",
          .owner = folder + "/owner.site",
          .worker = folder + "/worker.site",
          .admin = folder + "/admin.site"};
}

std::vector<std::string> supervisor_command(const std::string& program, const std::string& folder, bool over_nats) {
  return {program,      "serve",
          "--site",     dev_addresses(folder, over_nats).admin,
          "--identity", folder + "/identities/supervisor",
          "--dead",     folder + "/dead.jsonl"};
}

base::Result<std::uint32_t> groups_of_dev_site(const std::string& folder, bool over_nats, std::uint32_t asked) {
  std::error_code ignored;
  const std::string admin = dev_addresses(folder, true).admin;
  std::uint32_t groups = over_nats ? std::max(asked, 1U) : 1;
  if (over_nats && fs::exists(admin, ignored)) {
    OBSCURA_TRY(const net::SiteFile file, net::read_site_file(admin));
    groups = file.streams.groups;
  }
  if (asked == 0 || asked == groups) return groups;
  return base::fail(ErrorCode::kUsage,
                    fmt::format("{} is a site of {} operator group{}", folder, groups, groups == 1 ? "" : "s"),
                    "--groups is for a NATS site that is made now: give --nats and another folder");
}

base::Result<void> make_dev_site(const std::string& folder, const std::vector<std::string>& owners,
                                 std::uint32_t groups) {
  std::vector<std::string> trusted{"workers", "supervisors", "owners", std::string("submitters/") + kDevTenant};
  for (std::uint32_t group = 1; group < groups; ++group) trusted.push_back(trusted_group(group));
  OBSCURA_TRY_VOID(create_folders(folder, trusted));
  for (std::uint32_t group = 1; group < groups; ++group) {
    OBSCURA_TRY_VOID(create_role(folder, fmt::format("worker-{}", group), trusted_group(group)));
  }
  OBSCURA_TRY_VOID(create_role(folder, "worker", "workers"));
  OBSCURA_TRY_VOID(create_role(folder, "supervisor", "supervisors"));
  OBSCURA_TRY_VOID(create_role(folder, "client", std::string("submitters/") + kDevTenant));
  for (const std::string& owner : owners) OBSCURA_TRY_VOID(copy_public(owner, folder + "/trust/owners"));
  return {};
}

base::Result<std::unique_ptr<net::NatsServer>> start_dev_server(const std::string& folder, std::uint32_t groups) {
  OBSCURA_TRY_VOID(make_server_files(folder, groups));
  const std::string admin = dev_addresses(folder, true).admin;
  OBSCURA_TRY(const net::SiteFile file, net::read_site_file(admin));
  const std::string& url = file.reach.servers.front();
  const auto port = static_cast<std::uint16_t>(std::atoi(url.substr(url.rfind(':') + 1).c_str()));
  const net::NatsSiteFiles files = net::nats_site_files(fmt::format("{}/{}", folder, net::kNatsFolder));
  OBSCURA_TRY(auto server, net::NatsServer::start(files.config_file, port, files.log_file));
  OBSCURA_TRY_VOID(net::prepare_site(admin));
  return server;
}

}  // namespace obscura::apps::cli
