#pragma once

#include <string>

#include "base/result.hpp"
#include "deploy/net/site.hpp"

namespace obscura::deploy::net {

/// Opens the site in a folder, as open_site() says. Errors: kNotFound, kIo, kUsage (site.conf; a folder with a NATS
/// site).
[[nodiscard]] base::Result<Site> open_embedded_site(const std::string& folder, Clock& clock);

}  // namespace obscura::deploy::net
