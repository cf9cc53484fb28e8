#pragma once

#include <span>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/net/statement.hpp"
#include "deploy/net/trust.hpp"

namespace obscura::deploy::net {

/// The steps that must be done before `step` can begin, in the one order in which messages list their receipts: stage
/// by stage, shards before their merge.
[[nodiscard]] std::vector<Step> steps_before(const Job& job, const Step& step);

/// The step whose outputs are the job's.
[[nodiscard]] Step last_step(const Job& job);

/// What `step` reads. `receipts` are those of steps_before(job, step), in that order.
[[nodiscard]] std::vector<BlobRef> inputs_of(const Job& job, const Step& step, std::span<const Receipt> receipts);

/// Verifies the receipts of steps_before(job, step): that they are trusted, done, about this very job, complete and in
/// order, and that every step read what the ones before it made. `job_digest` is that of the signed job.
/// Errors: kUntrusted, kCorrupt, kMismatch.
[[nodiscard]] base::Result<std::vector<Receipt>> check_trail(const Job& job, const artifact::Digest& job_digest,
                                                             const Step& step,
                                                             std::span<const SignedStatement> statements,
                                                             const Trust& trust);

/// One receipt of that trail: trusted, and about `step` of this very job. Errors as above.
[[nodiscard]] base::Result<Receipt> check_receipt(const JobKey& key, const artifact::Digest& job_digest,
                                                  const Step& step, const SignedStatement& statement,
                                                  const Trust& trust);

}  // namespace obscura::deploy::net
