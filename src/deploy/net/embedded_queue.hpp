#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/embedded_sweep.hpp"
#include "deploy/net/job_queue.hpp"

namespace obscura::deploy::net {

struct EmbeddedQueueOptions {
  std::uint64_t max_task_bytes = std::uint64_t{1} << 30;    ///< of waiting tasks; each later step finds an eighth more
  std::uint64_t max_tasks = 100'000;                        ///< likewise
  std::uint64_t max_result_bytes = std::uint64_t{4} << 30;  ///< of results and parts
  Milliseconds lease{30'000};
  Milliseconds retention = std::chrono::hours(24);  ///< how long results stay; supervise() removes older ones
  bool survives_power_loss = true;  ///< false: what is stored survives the death of processes only, and is faster
};

/// The queue of one machine: a SQLite database in write-ahead mode, shared by any number of processes without a
/// server. A lease is a time in the task's row, taken by a single UPDATE. Any process may be killed at any moment.
/// The clocks of all processes must agree (one machine: they do). A clock that is set back or forward costs a task in
/// work a delivery at most; what lies there is handed out as before, after two minutes or a lease at the latest.
class EmbeddedQueue {
 public:
  /// Opens or creates the queue in `path` (a file; SQLite adds two beside it). `clock` must outlive the queue.
  /// Errors: kIo, kUnsupported (made by another version).
  [[nodiscard]] static base::Result<std::unique_ptr<JobQueue>> open(const std::string& path,
                                                                    const EmbeddedQueueOptions& options, Clock& clock);
  /// Tells of the queue in `path` which jobs have a task that is not done. Errors: as above.
  [[nodiscard]] static base::Result<IsOpenJob> open_jobs(const std::string& path);
};

}  // namespace obscura::deploy::net
