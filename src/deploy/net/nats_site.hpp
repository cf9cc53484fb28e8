#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/nats_connection.hpp"
#include "deploy/net/nats_roles_file.hpp"

namespace obscura::deploy::net {

/// A site of one server on this machine, for development and tests.
struct NatsSiteOptions {
  std::string folder;                ///< is created; everything is written beneath it
  std::uint16_t port = 4222;         ///< of 127.0.0.1
  std::vector<std::string> tenants;  ///< valid_name()s
  std::uint32_t groups = 1;          ///< operator groups
  std::int64_t max_store_bytes = 128LL << 30;
};

/// Where the parts of a site lie.
struct NatsSiteFiles {
  std::string config_file;
  std::string log_file;
  NatsServerFiles accounts;  ///< who may do what, which the server reads anew when it is told
};
[[nodiscard]] NatsSiteFiles nats_site_files(const std::string& folder);

/// Writes the server's configuration, certificates of a CA of its own (whose key is kept nowhere; valid for a year),
/// and an nkey and a certificate for each role: `supervisor`, `owner`, `worker-0` ..., `submitter-TENANT`. TLS 1.3 both
/// ways: who has no certificate of this CA is refused before it can say a word. Secret files have mode 0600. An
/// existing site gets new keys, and keeps its store. Errors: kUsage (a tenant's name, no group), kIo.
[[nodiscard]] base::Result<void> write_nats_site(const NatsSiteOptions& options);

/// How `role` reaches the site in `folder`: also for copies of its files on other machines, once servers are set to
/// that address. Errors: kNotFound (no such role or site), kCorrupt, kIo.
[[nodiscard]] base::Result<NatsOptions> nats_site_role(const std::string& folder, const std::string& role);

}  // namespace obscura::deploy::net
