#pragma once

#include <string>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/net/trust.hpp"

namespace obscura::deploy::net {

/// Everybody whose signature counts at a site.
struct SiteTrust {
  Trust jobs;                 ///< submitters, workers, supervisors
  artifact::TrustSet owners;  ///< whose sealed models are served
};

/// Reads the public identities below a folder:
///   submitters/TENANT/NAME.pub, workers/NAME.pub, supervisors/NAME.pub, owners/NAME.pub
/// What is not there adds nobody. Errors: kNotFound (the folder), kIo, kCorrupt, kUsage (a folder that cannot be a
/// tenant's name).
[[nodiscard]] base::Result<SiteTrust> load_site_trust(const std::string& folder);

}  // namespace obscura::deploy::net
