#pragma once

#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/nats_connection.hpp"

namespace obscura::deploy::net {

struct NatsQueueOptions {
  Milliseconds lease{30'000};  ///< as given to create_lane()
  bool makes_lanes = false;    ///< of an administrator: a lane that has no consumer yet gets one when it is asked for
  bool sees_results = true;    ///< false for workers, who may not read results: has_result() then says no
  std::uint32_t copies = 1;    ///< servers that hold each stream (NatsStreamOptions)
};

/// The queue of a NATS site whose streams exist (create_streams). What is stored survives the death of servers, one in
/// the default configuration; what a power loss can cost depends on the server's sync interval and its copies.
///
/// A task is known by its id for NatsStreamOptions::resubmit_after only, not for as long as its job's result is kept.
/// With several copies it is known while it waits or is held, and one that begins a job also while the job's result can
/// be seen; in between it is taken again, which costs work and changes no result (detail/nats_once.hpp says why).
/// Leases are acknowledgement waits of the server; this side counts them too and calls one lost when it was not renewed
/// for so long. A task that was ever handed out and whose deadline is past is an orphan for certain only when its lane
/// rests; in a busy lane it becomes one kMaxDeliveries leases later. withdraw() removes tasks that were never handed
/// out.
class NatsQueue {
 public:
  /// The connection serves this queue alone (and at most the blobs of the same thread).
  [[nodiscard]] static std::unique_ptr<JobQueue> open(std::shared_ptr<NatsConnection> connection,
                                                      const NatsQueueOptions& options);
};

}  // namespace obscura::deploy::net
