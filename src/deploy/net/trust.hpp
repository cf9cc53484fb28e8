#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/net/statement.hpp"

namespace obscura::deploy::net {

/// Who may submit for a tenant.
struct Submitter {
  std::string tenant;
  artifact::VerifyKey key;
};

/// The workers of one operator. Replica `number` of a job is theirs, and only their receipts count for it.
struct WorkerGroup {
  std::uint32_t number = 1;  ///< from 1: group 0 are the workers without a group
  std::string name;
  std::vector<artifact::VerifyKey> workers;
};

/// Whose statements count. A key inside a message proves nothing: only one that stands here does.
struct Trust {
  std::vector<Submitter> submitters;
  std::vector<artifact::VerifyKey> workers;  ///< of group 0
  std::vector<artifact::VerifyKey> supervisors;
  std::vector<WorkerGroup> groups = {};  ///< the others, by number
};

/// Whose receipts count for a replica; none for a group that is not known, or not any more.
[[nodiscard]] std::span<const artifact::VerifyKey> workers_of(const Trust& trust, std::uint32_t replica);

/// The job, if one of its tenant's submitters signed it.
/// Errors: kUntrusted (signature, unknown signer, another tenant's signer), kCorrupt.
[[nodiscard]] base::Result<Job> trusted_job(const SignedStatement& statement, const Trust& trust);

/// The receipt, if it was signed by somebody who may state that: done by a worker of the replica's group, cancelled by
/// a submitter of the tenant, everything else by a worker of the group or a supervisor. Errors: kUntrusted, kCorrupt.
[[nodiscard]] base::Result<Receipt> trusted_receipt(const SignedStatement& statement, const Trust& trust);

}  // namespace obscura::deploy::net
