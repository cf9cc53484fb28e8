#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/nats_connection.hpp"

namespace obscura::deploy::net {

/// How a site's streams are made. Limits are those of a stream; the servers' disks must hold their sum, of each
/// replica.
struct NatsStreamOptions {
  std::uint32_t groups = 1;                ///< operator groups: most replicas of a job
  std::uint32_t copies = 1;                ///< servers that hold each stream: 1, 3 or 5
  std::int64_t max_jobs = 100'000;         ///< waiting first stages; each later step finds an eighth more, see below
  std::int64_t max_job_bytes = 1LL << 30;  ///< likewise
  std::int64_t max_step_bytes = 4LL << 30;
  std::int64_t max_result_bytes = 4LL << 30;
  std::int64_t max_part_bytes = 1LL << 30;
  std::int64_t max_blob_bytes = 16LL << 30;         ///< of jobs' ciphertexts
  std::int64_t max_model_bytes = 16LL << 30;        ///< of models and keys, which stay until their owner removes them
  Milliseconds retention = std::chrono::hours(24);  ///< of results and parts
  Milliseconds blob_retention = std::chrono::hours(168);  ///< of jobs' ciphertexts; longer jobs are refused
  /// How long a task is known by its id after it was published. A job that is submitted again later is done again,
  /// which has no effect but work if it was not lost; a site that crashed can lose it.
  Milliseconds resubmit_after = std::chrono::minutes(10);
};

/// Later steps share a stream, of which the first may fill a seventeenth, and each one behind it an eighth of that
/// more, so that work in hand always comes to its end: workers look before they publish. The server itself refuses when
/// all is full.
///
/// Creates what is missing, and changes the limits of what is there. For the administrator; nobody else creates
/// streams. Errors: kUntrusted, kIo (no space for the limits, fewer servers than copies, unreachable).
[[nodiscard]] base::Result<void> create_streams(NatsConnection& connection, const NatsStreamOptions& options);

/// Makes the tasks of a lane available to workers, with leases of `lease`; does nothing when they are already. For the
/// owner, who pushes a model or a key, and for the supervisor. Errors: kUntrusted, kNotFound (no streams), kIo.
[[nodiscard]] base::Result<void> create_lane(NatsConnection& connection, const Lane& lane, Milliseconds lease);

}  // namespace obscura::deploy::net
