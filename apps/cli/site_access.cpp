#include "apps/cli/site_access.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;

constexpr std::size_t kSiteDigits = 16;

/// Whose jobs they are. Of a client's site file it is settled.
base::Result<std::string> tenant_of(const SiteOptions& options, const deploy::net::Site& site) {
  if (options.tenant.empty() && site.tenant.empty()) {
    return base::fail(ErrorCode::kUsage, "say whose jobs they are", "add --tenant NAME");
  }
  if (options.tenant.empty() || site.tenant.empty() || options.tenant == site.tenant) {
    return site.tenant.empty() ? options.tenant : site.tenant;
  }
  return base::fail(ErrorCode::kWrongTenant,
                    fmt::format("{} is for the tenant {}, not for {}", options.site, site.tenant, options.tenant),
                    "leave --tenant out, or use that tenant's site file");
}

/// Names of jobs mean something at one site only, so each has a folder of its own.
std::string state_folder(const SiteOptions& options, const deploy::net::Site& site) {
  if (!options.state.empty()) return options.state;
  std::string base;
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != 0) {
    base = state;
  } else if (const char* home = std::getenv("HOME"); home != nullptr) {
    base = std::string(home) + "/.local/state";
  } else {
    return {};
  }
  std::error_code ignored;
  const std::string place =
      std::filesystem::canonical(site.folder.empty() ? options.site : site.folder, ignored).string();
  const auto digest = artifact::sha256({reinterpret_cast<const std::uint8_t*>(place.data()), place.size()});
  return fmt::format("{}/obscura/jobs/{}", base, digest.hex().substr(0, kSiteDigits));
}

}  // namespace

void add_site_options(CLI::App& command, SiteOptions& options, bool required) {
  command.add_option("--site", options.site, "The site: its folder, or a site file")->required();
  command.add_option("--trust", options.trust, "Trust folder; left out: the site's own");
  auto* identity = command.add_option("--identity", options.identity, "Secret identity that signs jobs");
  command.add_option("--tenant", options.tenant, "Tenant whose jobs they are; left out: the one of the site file");
  command.add_option("--state", options.state, "Folder for tickets of jobs; left out: ~/.local/state/obscura");
  if (!required) return;
  identity->required();
}

base::Result<std::unique_ptr<SiteAccess>> open_site_access(const SiteOptions& options) {
  auto access = std::make_unique<SiteAccess>();
  OBSCURA_TRY(access->site, deploy::net::open_site(options.site, access->clock));
  const std::string folder = options.trust.empty() ? access->site.trust_folder : options.trust;
  if (folder.empty()) return base::fail(ErrorCode::kUsage, "say whose answers you trust", "add --trust FOLDER");
  OBSCURA_TRY(access->trust, deploy::net::load_site_trust(folder));
  OBSCURA_TRY(auto tenant, tenant_of(options, access->site));
  OBSCURA_TRY(access->identity, artifact::load_secret_identity(options.identity));
  const std::string state = state_folder(options, access->site);
  if (state.empty()) return base::fail(ErrorCode::kUsage, "there is no home folder for tickets", "add --state FOLDER");
  OBSCURA_TRY(auto tickets, deploy::submit::TicketStore::open(state));
  const auto read_trust = [folder]() -> base::Result<deploy::net::Trust> {
    OBSCURA_TRY(auto trust, deploy::net::load_site_trust(folder));
    return std::move(trust.jobs);
  };
  OBSCURA_TRY(access->desk,
              deploy::submit::JobDesk::open(access->site, access->clock, read_trust, access->identity->key,
                                            std::move(tenant), std::move(tickets)));
  return access;
}

}  // namespace obscura::apps::cli
