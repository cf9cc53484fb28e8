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

/// Whether a server was told to read its accounts. That it did, only its log says: `Reloaded server configuration`.
enum class Reload {
  kTold,
  kNobodyThere,  ///< no nats-server runs that the file `pid` names: the next one reads them when it starts
  kNotAsked,     ///< no file `pid` was given: one that runs goes on with the accounts that it has until it is told
};
/// "told", "not running", "not asked".
[[nodiscard]] const char* name_of(Reload reload);

/// Writes the accounts that the roles say, and tells the server that runs to read them. Errors: those of
/// read_nats_roles, kIo (a file; the server cannot be told, and the message says that the accounts are written).
[[nodiscard]] base::Result<Reload> apply_nats_roles(const NatsServerFiles& files);

/// Shuts an operator group out of a site: adds a line `revoked` to the list of roles, which stays as it is otherwise,
/// and applies it. Once the server has read it, the group's connections end and nobody gets in as one of its workers.
/// Once more does no harm. Errors: kNotFound (a file; no such group), those of apply_nats_roles.
[[nodiscard]] base::Result<Reload> shut_out_group(const NatsServerFiles& files, std::uint32_t group);

}  // namespace obscura::deploy::net
