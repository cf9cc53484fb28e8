#pragma once

#include <cstdint>
#include <memory>

#include "deploy/net/blob_store.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/job_queue.hpp"

namespace obscura::deploy::net {

/// What goes wrong, as probabilities per call. The defaults: nothing does.
struct SimulatedFaults {
  double request_lost = 0;      ///< the call fails and has no effect
  double reply_lost = 0;        ///< the call fails and has its effect
  double crash = 0;             ///< the caller dies in this call, before or after its effect
  double early_redelivery = 0;  ///< a fetch takes a task although somebody holds it
  double late_believed = 0;     ///< whoever lost a lease can still acknowledge, renew or return it
  Milliseconds max_latency{0};  ///< of each call; also what lets actors overtake each other
  Milliseconds max_delay{0};    ///< until a task that was published can be fetched
  bool reorder = false;         ///< a fetch takes any task rather than the oldest
};

struct SimulatedLimits {
  std::uint64_t max_tasks = 1'000'000;  ///< of stage 0; each later step finds an eighth more
  std::uint64_t max_results = 1'000'000;
  Milliseconds lease{30'000};
};

/// What happened, for tests to ask about.
struct SimulatedCounts {
  std::uint64_t calls = 0;
  std::uint64_t crashes = 0;
  std::uint64_t lost = 0;  ///< requests and replies
  std::uint64_t redelivered = 0;
  std::uint64_t refused = 0;  ///< parts, results and tasks that were there already
  std::uint64_t full = 0;
};

/// A broker in memory, with a seed that decides what goes wrong when. Sessions of one broker must take turns (actors of
/// one SimulatedTime, or one thread).
class SimulatedBroker {
 public:
  SimulatedBroker(std::uint64_t seed, const SimulatedFaults& faults, const SimulatedLimits& limits);
  ~SimulatedBroker();
  SimulatedBroker(const SimulatedBroker&) = delete;
  SimulatedBroker& operator=(const SimulatedBroker&) = delete;

  /// One process's connection. After its crash every call fails with kIo and does nothing, so that whatever code was in
  /// the middle of runs out without effect, just as if it had been killed there.
  class Session {
   public:
    virtual ~Session() = default;
    [[nodiscard]] virtual JobQueue& queue() = 0;
    [[nodiscard]] virtual BlobStore& blobs() = 0;
    /// The caller's clock, on which the dead no longer wait.
    [[nodiscard]] virtual Clock& clock() = 0;
    [[nodiscard]] virtual bool crashed() const = 0;
    /// Dies now.
    virtual void crash() = 0;
  };
  /// `reliable`: nothing goes wrong for this one. `clock` must outlive the session.
  [[nodiscard]] std::unique_ptr<Session> connect(Clock& clock, bool reliable = false);

  [[nodiscard]] const SimulatedCounts& counts() const;
  /// The most deliveries of any task of a job.
  [[nodiscard]] std::uint32_t most_deliveries(const JobKey& key) const;

 private:
  class State;
  class Connection;
  std::unique_ptr<State> state_;
};

}  // namespace obscura::deploy::net
