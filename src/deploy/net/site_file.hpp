#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "deploy/net/nats_connection.hpp"
#include "deploy/net/nats_roles_file.hpp"
#include "deploy/net/nats_settings.hpp"
#include "deploy/net/nats_streams.hpp"

namespace obscura::deploy::net {

/// What somebody is at a NATS site (nats_config.hpp).
enum class SiteRole { kClient, kWorker, kOwner, kAdmin };
[[nodiscard]] const char* name_of(SiteRole role);

/// Of a site folder whose site is reached over NATS: the server's own files (nats_site.hpp).
inline constexpr const char* kNatsFolder = "nats";

/// How one role reaches a NATS site: the content of a site file.
struct SiteFile {
  SiteRole role = SiteRole::kClient;
  NatsOptions reach;          ///< with the API prefix of the role
  std::string tenant;         ///< of a client
  std::uint32_t group = 0;    ///< operator group of a worker
  std::string trust_folder;   ///< whose signatures count (trust_folder.hpp); empty: to be said elsewhere
  NatsStreamOptions streams;  ///< for the administrator, who makes them
  NatsSettings settings;      ///< likewise
  NatsServerFiles server;     ///< of an administrator who looks after a server's accounts; empty: somebody else does
};

/// Reads a site file: lines "name value", where '#' begins a comment and paths are relative to the file.
///   server URL (tls://HOST:PORT; once or more), ca FILE, certificate FILE, certificate_key FILE, seed FILE (both
///   mode 0600), role client|worker|owner|admin, tenant NAME (of a client), group N (of a worker), trust FOLDER,
///   timeout_ms N, and of an admin the limits that the site's streams are made with (docs/formats.md), and
///   server_roles FILE, server_accounts FILE, server_pid FILE (nats_roles_file.hpp). All but `server` stand once.
/// The last three are not looked for.
/// Errors: kNotFound (the file, or another one that it names), kUsage (with file and line: what a line says; what is
/// missing, repeated, or another role's), kUntrusted (others can read seed or key), kIo, kLimit.
[[nodiscard]] base::Result<SiteFile> read_site_file(const std::string& path);

}  // namespace obscura::deploy::net
