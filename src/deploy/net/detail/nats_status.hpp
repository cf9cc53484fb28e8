#pragma once

#include "base/result.hpp"
#include "deploy/net/job_queue.hpp"
#include "deploy/net/nats_connection.hpp"

namespace obscura::deploy::net::detail {

/// What lies in a site's streams of tasks, parts and results. A task that waits for its delay counts as held.
[[nodiscard]] base::Result<QueueStatus> nats_status(NatsConnection& connection);

}  // namespace obscura::deploy::net::detail
