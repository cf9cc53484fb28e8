#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace obscura::deploy::net {

/// The API prefix of workers and submitters, whose accounts import JetStream's services under it: unmapped, the server
/// takes them for calls to an account that has no JetStream.
inline constexpr std::string_view kImportedApiPrefix = "JS.OBSCURA.API";

/// Who may use a site, by public nkeys (nkey.hpp).
struct NatsTenant {
  std::string name;
  std::vector<std::string> submitters;
};
struct NatsGroup {
  std::vector<std::string> workers;
  bool revoked = false;  ///< nobody enters as one of them, and their account sees nothing of the site
};
struct NatsRoles {
  std::string supervisor;           ///< administers: streams, lanes, orphans
  std::string owner;                ///< pushes models and keys
  std::vector<NatsTenant> tenants;  ///< each in an account of its own
  std::vector<NatsGroup> groups;    ///< operator groups, each in an account of its own
};

/// The `accounts` of a server's configuration. Supervisor and owner share the account HUB, where the streams are.
/// Everybody else lives elsewhere and sees services of it only, so that no reply of theirs can fall on a subject of it:
///  - a worker of group r: tasks of JOBS_r and STEPS_r and their acknowledgement; publishing steps, parts and results
///    of replica r; reading PART_r; blobs of jobs of replica r; reading models, keys, the site's list of models and its
///    settings;
///  - a submitter: publishing first stages and results (a cancellation) of its tenant; reading its tenant's results;
///    blobs of its tenant's jobs; reading the same.
/// The list of models is the owner's to write, the settings are the supervisor's. A group that is revoked keeps its
/// account, which its leaves are bound to, without users and without a service.
/// Only submitters get in over WebSocket, where nobody shows a certificate. Everybody receives beneath an inbox of its
/// own key only.
[[nodiscard]] std::string nats_accounts(const NatsRoles& roles);

}  // namespace obscura::deploy::net
