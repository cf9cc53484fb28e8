#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/message.hpp"

namespace obscura::deploy::net {

/// Signs the job and hands it in: first the inputs (into the store, unless they fit into the message), then a task for
/// each shard of stage 0. `inputs` are the bytes that job.inputs names. kStored and kAlreadyThere mean that the job
/// will be answered; after kFull or an error the same call, with the same job, takes it up where it stopped.
/// Until the answer is there the submitter keeps job and inputs: only they survive the loss of the queue itself.
/// Errors: kUsage (check_job), kMismatch (inputs), and those of queue and store.
[[nodiscard]] base::Result<Stored> submit_job(JobQueue& queue, BlobStore& blobs, const Job& job,
                                              const artifact::SigningKey& submitter,
                                              std::span<const std::vector<std::uint8_t>> inputs,
                                              std::size_t max_inline_bytes = kMaxInlineBytes);

/// Takes a job back: its result is then that it was cancelled, unless it has another already (kAlreadyThere).
/// Errors: those of the queue.
[[nodiscard]] base::Result<Stored> cancel_job(JobQueue& queue, const Job& job, const artifact::SigningKey& submitter);

}  // namespace obscura::deploy::net
