#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "artifact/identity.hpp"
#include "deploy/net/site.hpp"
#include "deploy/net/trust_folder.hpp"
#include "deploy/submit/job_desk.hpp"

namespace obscura::apps::cli {

/// How a submitter reaches a site, and as whom.
struct SiteOptions {
  std::string site;
  std::string trust;
  std::string identity;
  std::string tenant;
  std::string state;
};

/// Adds --site, --trust, --identity, --tenant and --state; `required`: the command cannot do without an identity.
void add_site_options(CLI::App& command, SiteOptions& options, bool required);

/// A site as one of its submitters sees it. Does not move: the desk holds references.
struct SiteAccess {
  deploy::net::SystemClock clock;
  deploy::net::Site site;
  deploy::net::SiteTrust trust;  ///< as it was then; the desk reads the folder anew
  std::optional<artifact::SecretIdentity> identity;
  std::optional<deploy::submit::JobDesk> desk;
};

/// Errors: those of open_site, load_site_trust, load_secret_identity and JobDesk::open; kUsage, when it has to be said
/// whom to trust, whose jobs they are or where to keep tickets;
/// kWrongTenant (not the one of the site file).
[[nodiscard]] base::Result<std::unique_ptr<SiteAccess>> open_site_access(const SiteOptions& options);

}  // namespace obscura::apps::cli
