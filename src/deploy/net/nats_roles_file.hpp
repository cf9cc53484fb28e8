#pragma once

#include <string>

#include "base/result.hpp"
#include "deploy/net/nats_config.hpp"

namespace obscura::deploy::net {

/// Who may use a NATS site, as its administrator keeps it: lines, where '#' begins a comment and KEY is a public nkey.
///   supervisor KEY, owner KEY (one each); worker GROUP KEY (operator groups count from 0, without a gap); tenant NAME
///   KEY; revoked GROUP
/// Errors: kUsage (with file and line: what a line says; what is missing), kNotFound, kIo, kLimit.
[[nodiscard]] base::Result<NatsRoles> read_nats_roles(const std::string& path);

/// The same as text.
[[nodiscard]] std::string nats_roles_text(const NatsRoles& roles);

/// What a server that is on this machine, or is looked after from it, reads.
struct NatsServerFiles {
  std::string roles;     ///< from which `accounts` is written
  std::string accounts;  ///< what the server's configuration includes
  std::string pid;       ///< that the server writes; empty: it is told by somebody else
};

/// Whether a server was told.
enum class Reload { kTold, kNobodyThere };

/// Writes the accounts that the roles say, and has the server that runs read them. Errors: those of read_nats_roles,
/// kIo.
[[nodiscard]] base::Result<Reload> apply_nats_roles(const NatsServerFiles& files);

/// Shuts an operator group out of a site: its workers' connections end, and nobody gets in as one of them any more.
/// Once more does no harm. Errors: kNotFound (no such group), those of apply_nats_roles.
[[nodiscard]] base::Result<Reload> shut_out_group(const NatsServerFiles& files, std::uint32_t group);

}  // namespace obscura::deploy::net
