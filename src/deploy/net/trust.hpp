#pragma once

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

/// Whose statements count. A key inside a message proves nothing: only one that stands here does.
struct Trust {
  std::vector<Submitter> submitters;
  std::vector<artifact::VerifyKey> workers;
  std::vector<artifact::VerifyKey> supervisors;
};

/// The job, if one of its tenant's submitters signed it.
/// Errors: kUntrusted (signature, unknown signer, another tenant's signer), kCorrupt.
[[nodiscard]] base::Result<Job> trusted_job(const SignedStatement& statement, const Trust& trust);

/// The receipt, if it was signed by somebody who may state that: done by a worker, cancelled by a submitter of the
/// tenant, everything else by a worker or a supervisor. Errors: kUntrusted, kCorrupt.
[[nodiscard]] base::Result<Receipt> trusted_receipt(const SignedStatement& statement, const Trust& trust);

}  // namespace obscura::deploy::net
