#pragma once

#include <cstdint>
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

/// Most operator groups beside the workers without one, and the highest number of a group.
inline constexpr std::uint32_t kMaxGroups = 63;

/// Reads the public identities below a folder:
///   submitters/TENANT/NAME.pub, workers/NAME.pub, workers/NUMBER-GROUP/NAME.pub, supervisors/NAME.pub, owners/NAME.pub
/// What is not there adds nobody. Errors: kNotFound (the folder), kIo, kCorrupt, kUsage (a folder that cannot be a
/// tenant's or a group's name, two groups of one number or name, a worker in two groups).
[[nodiscard]] base::Result<SiteTrust> load_site_trust(const std::string& folder);

}  // namespace obscura::deploy::net
