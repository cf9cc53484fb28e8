#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/blob_store.hpp"
#include "deploy/net/job.hpp"
#include "deploy/net/message.hpp"
#include "deploy/net/receipt.hpp"
#include "deploy/net/trust.hpp"

namespace obscura::deploy::net {

/// A job's result, verified.
struct Answer {
  Receipt ending;              ///< of the step that ended the job
  std::vector<Receipt> trail;  ///< of the steps before it
  Message message;             ///< for the outputs that travelled along
};

/// Opens the result of `job` as it came from the queue: every signature, that all receipts are about this very job,
/// and, when it is done, that there is one receipt per step and each stage read what the one before it made.
/// Errors: kCorrupt, kUntrusted, kMismatch (of another job, or steps that do not fit together).
[[nodiscard]] base::Result<Answer> open_answer(std::span<const std::uint8_t> message, const SignedStatement& job,
                                               const Trust& trust);

/// The outputs of a job that is done, from the message or the store.
/// Errors: kLimit (together larger than `max_bytes`), and those of BlobStore::get.
[[nodiscard]] base::Result<std::vector<std::vector<std::uint8_t>>> read_outputs(const Answer& answer, BlobStore& blobs,
                                                                                std::uint64_t max_bytes);

}  // namespace obscura::deploy::net
