#pragma once

#include <string>

#include "base/result.hpp"
#include "deploy/net/site.hpp"

namespace obscura::deploy::net {

/// Whose identities count at the site in a folder.
[[nodiscard]] std::string trust_folder_in(const std::string& folder);
/// Whether a folder can be such a site. Errors: kNotFound; kUsage (a folder with a NATS site).
[[nodiscard]] base::Result<void> check_embedded_folder(const std::string& folder);

/// Opens the site in a folder, as open_site() says. Errors: kNotFound, kIo, kUsage (site.conf; a folder with a NATS
/// site).
[[nodiscard]] base::Result<Site> open_embedded_site(const std::string& folder, Clock& clock);

}  // namespace obscura::deploy::net
