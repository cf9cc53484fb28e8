#pragma once

#include <string>

#include "base/result.hpp"
#include "deploy/net/site.hpp"

namespace obscura::deploy::net {

/// Opens the NATS site that a site file says, in the role that it says. Errors: those of read_site_file and
/// NatsConnection::open; those of read_settings; kUsage (a group that the
/// site does not have).
[[nodiscard]] base::Result<Site> open_nats_site(const std::string& path);

/// Makes the streams of the NATS site that an administrator's site file says, with its limits, and writes what all must
/// agree on. May be repeated, with other limits too. Errors: likewise; kUsage (not an administrator's), kUntrusted,
/// kIo.
[[nodiscard]] base::Result<void> make_nats_streams(const std::string& path);

}  // namespace obscura::deploy::net
