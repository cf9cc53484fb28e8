#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/net/trust.hpp"

namespace obscura::deploy::net::detail {

/// A task whose statements are verified.
struct OpenTask {
  Job job;
  artifact::Digest job_digest;
  Message message;              ///< the task's own: job, receipts before it, attachments
  std::vector<BlobRef> inputs;  ///< what the step reads
};

/// Opens a task as it came from the queue: limits, the submitter's signature, that it lies where the job says, and the
/// receipts of all steps before it. Does not look at the time.
/// Errors: kCorrupt, kUntrusted, kMismatch: the task can never be done.
[[nodiscard]] base::Result<OpenTask> open_task(const Task& task, const Trust& trust);

}  // namespace obscura::deploy::net::detail
