#pragma once

#include <cstddef>
#include <vector>

#include "artifact/signature.hpp"
#include "base/result.hpp"
#include "deploy/net/job_queue.hpp"

namespace obscura::deploy::net {

struct Supervised {
  std::size_t failed = 0;          ///< handed out kMaxDeliveries times
  std::size_t expired = 0;         ///< past their deadline
  std::vector<Orphan> ended = {};  ///< those that were answered, by whomever, and removed
  bool full = false;               ///< there was no room for a result: the orphan stays for the next round
};

/// Answers jobs that no worker can end, so that nobody waits for ever: for each orphan of the queue it publishes a
/// result with the cause, unless there is one, and removes it. May be killed and repeated at any time, and run twice.
/// Errors: those of the queue.
[[nodiscard]] base::Result<Supervised> supervise(JobQueue& queue, const artifact::SigningKey& identity);

}  // namespace obscura::deploy::net
