#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/address.hpp"
#include "deploy/net/clock.hpp"

namespace obscura::deploy::net {

/// The largest message of any kind: what an unmodified NATS server takes, less its headers.
inline constexpr std::size_t kMaxMessageBytes = 1'000'000;

/// A task that was handed out this often without an end is given to no worker any more: it may be what kills them.
inline constexpr std::uint32_t kMaxDeliveries = 5;

/// One step of one job as it lies in the queue. The queue knows where it goes and until when; `message` is opaque to it
/// (message.hpp) and is what signatures cover, so a worker holds the address against the message.
struct Task {
  JobKey key;
  Step step;
  artifact::Digest model;
  artifact::Digest eval_key;
  Instant deadline;
  std::vector<std::uint8_t> message;

  [[nodiscard]] Lane lane() const { return {model, eval_key, step.stage, key.replica, step.shard}; }
  /// "tenant/job.r1/3/merge": a task is published once under its id.
  [[nodiscard]] std::string id() const { return key.text() + "/" + step.text(); }
};

/// What became of a message that was to be stored. Full is never taken for AlreadyThere.
enum class Stored {
  kStored,        ///< durable from here on
  kAlreadyThere,  ///< nothing changed: for a task that is success, for a part or a result the first one stands
  kFull,          ///< the queue is at its limit of bytes or messages: try later
  kOversized,     ///< larger than kMaxMessageBytes or than this queue's own limit: never
};

/// The right to work on a task until the lease runs out unrenewed. Only the queue that gave it out can use it.
struct Lease {
  std::uint64_t id = 0;          ///< of the backend's choice
  std::uint32_t deliveries = 0;  ///< how often the task was handed out, this time included: 1 is the first
  Task task;
  std::optional<Milliseconds> waited = {};  ///< since it could first be fetched, or again, if the queue knows
};

/// Whether a lease was still good when it was used. A lost one means that the task is somebody else's, or done: the
/// holder stops. Never rely on it for correctness: a queue may believe a late holder.
enum class LeaseState { kHeld, kLost };

/// A part of a stage: what one shard published.
struct Part {
  std::uint32_t shard = 0;
  std::vector<std::uint8_t> message;
};

/// Why no worker will end a task.
enum class OrphanCause {
  /// Handed out kMaxDeliveries times, and the last lease is over. A backend may notice it only when a worker next looks
  /// into the lane.
  kTooManyDeliveries,
  kDeadline,  ///< its deadline is past, and nobody holds it
};

struct Orphan {
  std::uint64_t id = 0;  ///< of the backend's choice
  OrphanCause cause = OrphanCause::kDeadline;
  std::uint32_t deliveries = 0;
  Task task;
};

struct LaneStatus {
  Lane lane;
  std::uint64_t waiting = 0;  ///< tasks that a worker could fetch, now or after their delay
  std::uint64_t leased = 0;   ///< tasks that a worker holds
};

struct QueueStatus {
  std::vector<LaneStatus> lanes = {};  ///< in the order of Lane; lanes without a task may be left out
  std::uint64_t tasks = 0;
  std::uint64_t results = 0;
  std::uint64_t bytes = 0;      ///< of messages of all kinds
  std::uint64_t max_bytes = 0;  ///< 0: no limit of its own
  /// How often this queue object asked a server not to lead a stream any more (NATS, of the supervisor).
  std::uint64_t leaders_replaced = 0;
};

/// Durable work shared by many workers. Tasks are delivered at least once; that their effect is exactly once comes from
/// parts and results, of which the first is kept and every other one refused. Stored means durable: what was answered
/// kStored survives the crash of everybody. A caller repeats a call that failed with kIo; all of them may be repeated.
///
/// A queue object belongs to one thread; several may stand on the same place. Errors of every call: kIo (the backend
/// cannot be reached, or a wait for it ended), kUntrusted (the backend forbids it to this role).
class JobQueue {
 public:
  virtual ~JobQueue() = default;

  /// Adds a task, once per id for as long as the job's result is kept. Tasks of stage 0 are refused as kFull at the
  /// queue's limit; later steps still find room beyond it, or a full queue would never become empty.
  [[nodiscard]] virtual base::Result<Stored> publish(const Task& task) = 0;

  /// A task of one of `lanes`, or nothing when there was none for `timeout` (0: look once). The lease lasts for the
  /// queue's lease time; heartbeat() renews it.
  [[nodiscard]] virtual base::Result<std::optional<Lease>> fetch(std::span<const Lane> lanes, Milliseconds timeout) = 0;

  /// Renews the lease for the whole lease time. Call it as the work makes progress, not from a timer of its own.
  [[nodiscard]] virtual base::Result<LeaseState> heartbeat(const Lease& lease) = 0;
  /// The task is done: removes it. Only after its effect is stored.
  [[nodiscard]] virtual base::Result<LeaseState> acknowledge(const Lease& lease) = 0;
  /// Gives the task back; it can be fetched again after `delay`. Counts as a delivery.
  [[nodiscard]] virtual base::Result<LeaseState> retry_later(const Lease& lease, Milliseconds delay) = 0;
  /// The task can never be done: removes it. Only after the job's result says why.
  [[nodiscard]] virtual base::Result<LeaseState> reject(const Lease& lease) = 0;

  /// The first part of a shard wins.
  [[nodiscard]] virtual base::Result<Stored> publish_part(const JobKey& key, const Step& step,
                                                          std::span<const std::uint8_t> message) = 0;
  /// The parts of a stage so far, by shard. A part that was answered kStored or kAlreadyThere to anybody is among them.
  [[nodiscard]] virtual base::Result<std::vector<Part>> parts(const JobKey& key, std::uint32_t stage) = 0;

  /// The first result of a job wins.
  [[nodiscard]] virtual base::Result<Stored> publish_result(const JobKey& key,
                                                            std::span<const std::uint8_t> message) = 0;
  /// The job's result, or nothing when there was none for `timeout` (0: look once).
  [[nodiscard]] virtual base::Result<std::optional<std::vector<std::uint8_t>>> result(const JobKey& key,
                                                                                      Milliseconds timeout) = 0;
  /// Whether the job has a result already, to spare work. A backend that does not let this role look says no.
  [[nodiscard]] virtual base::Result<bool> has_result(const JobKey& key) = 0;

  /// Removes the job's tasks that nobody holds, as far as this role may; the number removed.
  [[nodiscard]] virtual base::Result<std::uint64_t> withdraw(const JobKey& key) = 0;

  /// At most `limit` tasks that no worker will end any more, for the supervisor. They stay until remove_orphan().
  [[nodiscard]] virtual base::Result<std::vector<Orphan>> orphans(std::size_t limit) = 0;
  /// Removes an orphan. Only after the job's result says why.
  [[nodiscard]] virtual base::Result<void> remove_orphan(const Orphan& orphan) = 0;

  [[nodiscard]] virtual base::Result<QueueStatus> status() = 0;
};

}  // namespace obscura::deploy::net
