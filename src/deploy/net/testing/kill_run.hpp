#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "deploy/net/blob_store.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job_queue.hpp"

// Real processes over a real backend, killed with SIGKILL in the middle of anything. The processes are this same test
// program, started anew (kill_run_test.cpp has the main() for it).
namespace obscura::deploy::net::testing {

/// What one process needs of a backend.
struct Connection {
  std::shared_ptr<JobQueue> queue;
  std::shared_ptr<BlobStore> blobs;
};

/// Short, so that a run of seconds sees many leases end.
inline constexpr Milliseconds kKillRunLease{300};

/// Connects to the backend called `backend` at `place`, with leases of kKillRunLease and room for few tasks. Knows
/// "embedded" (place: a folder) and "nats" (place: addresses of servers with streams, separated by commas).
[[nodiscard]] Connection connect_to(const std::string& backend, const std::string& place, Clock& clock);

struct KillPlan {
  std::string backend;
  std::string place;
  int jobs = 40;
  int kills = 10;  ///< of workers in work; submitter and supervisor are killed beside them, each a fifth as often
  int workers = 3;
  std::uint64_t seed = 1;
  Milliseconds kill_every{150};
  Milliseconds patience{60'000};  ///< until all is answered, after the last kill
  /// Called after each kill of a worker, with its number from 1: kills what the backend stands on, and starts it again,
  /// or does not; whether it did.
  std::function<bool(int)> strike = {};
  /// Of a backend that may lose what it acknowledged: jobs without answer are submitted again once no task is left.
  bool may_lose = false;
};

struct KillReport {
  int right = 0;
  int poison_failed = 0;
  int worn_out = 0;      ///< handed out five times and never ended, though they were no poison
  int worker_kills = 0;  ///< by the run; poison kills more
  int other_kills = 0;
  int strikes = 0;      ///< kills of what the backend stands on
  int resubmitted = 0;  ///< since the backend lost them
  int again = 0;        ///< jobs of which some step was done at a later attempt
  double seconds = 0;
  std::string violation;  ///< empty when there was none
};

/// Submits, works, supervises and kills; judges every answer, and that nothing is left over.
[[nodiscard]] KillReport run_kills(const KillPlan& plan);

/// Prints the report, and expects what every run must show.
void expect_kept(const KillPlan& plan, const KillReport& report);

/// A number from the environment: how the scripts in tests/soak make a run long.
[[nodiscard]] int from_environment(const char* variable, int otherwise);

}  // namespace obscura::deploy::net::testing
