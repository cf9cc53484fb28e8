#include "deploy/net/embedded_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "deploy/net/detail/embedded_schema.hpp"
#include "deploy/net/detail/sqlite.hpp"

namespace obscura::deploy::net {
namespace {

using base::Result;
using detail::Database;
using detail::Query;
using detail::Transaction;

// The pauses between two looks while waiting: from the first, doubling, to the last.
constexpr Milliseconds kFirstPause{2};
constexpr Milliseconds kLastPause{10};

// How long a task that is given back can be made to wait.
constexpr Milliseconds kLongestDelay = std::chrono::minutes(2);

// The columns from which task_of() makes a task.
#define OBSCURA_TASK_COLUMNS "id, deliveries, tenant, job, replica, stage, shard, model, eval_key, deadline, message"

std::int64_t count_of(Instant instant) {
  return instant.time_since_epoch().count();
}

// Whether a task can be fetched; Queue::bind_ready says of which moments. What becomes ready later than any lease or
// delay that begins now was made before the clock of the machine was set back: it waited long enough.
#define OBSCURA_IS_READY "(ready_at <= ? OR ready_at > ?)"

artifact::Digest digest_in(const Query& row, int column) {
  artifact::Digest digest;
  const std::vector<std::uint8_t> bytes = row.blob(column);
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.bytes.size()), digest.bytes.begin());
  return digest;
}

Task task_of(const Query& row) {
  return {.key = JobKey{row.text(2), row.text(3), static_cast<std::uint32_t>(row.integer(4))},
          .step = {static_cast<std::uint32_t>(row.integer(5)), static_cast<std::uint32_t>(row.integer(6))},
          .model = digest_in(row, 7),
          .eval_key = digest_in(row, 8),
          .deadline = Instant(Milliseconds(row.integer(9))),
          .message = row.blob(10)};
}

Query& bind_lane(Query& query, const Lane& lane) {
  return query.bind(lane.model.bytes).bind(lane.eval_key.bytes).bind(lane.stage).bind(lane.replica).bind(lane.shard);
}

Query& bind_key(Query& query, const JobKey& key) {
  return query.bind(key.tenant).bind(key.job).bind(key.replica);
}

// How far a step is from the beginning: later ones find more room, so that work in hand always comes to its end.
std::uint64_t depth_of(const Step& step) {
  return 2 * std::uint64_t{step.stage} + (step.is_merge() ? 1 : 0);
}

class Queue final : public JobQueue {
 public:
  Queue(Database database, const EmbeddedQueueOptions& options, Clock& clock)
      : database_(std::move(database)), options_(options), clock_(clock) {}

  Result<Stored> publish(const Task& task) override;
  Result<std::optional<Lease>> fetch(std::span<const Lane> lanes, Milliseconds timeout) override;
  Result<LeaseState> heartbeat(const Lease& lease) override;
  Result<LeaseState> acknowledge(const Lease& lease) override;
  Result<LeaseState> retry_later(const Lease& lease, Milliseconds delay) override;
  Result<LeaseState> reject(const Lease& lease) override { return acknowledge(lease); }
  Result<Stored> publish_part(const JobKey& key, const Step& step, std::span<const std::uint8_t> message) override;
  Result<std::vector<Part>> parts(const JobKey& key, std::uint32_t stage) override;
  Result<Stored> publish_result(const JobKey& key, std::span<const std::uint8_t> message) override;
  Result<std::optional<std::vector<std::uint8_t>>> result(const JobKey& key, Milliseconds timeout) override;
  Result<bool> has_result(const JobKey& key) override;
  Result<std::uint64_t> withdraw(const JobKey& key) override;
  Result<std::vector<Orphan>> orphans(std::size_t limit) override;
  Result<void> remove_orphan(const Orphan& orphan) override;
  Result<QueueStatus> status() override;

 private:
  Result<bool> has_room(const Task& task);
  Result<bool> has_result_room(std::size_t bytes);
  // Leases and acknowledgements may be forgotten in a loss of power: the task is then delivered once more.
  Result<void> write_lightly() { return database_.make_durable(false); }
  Result<void> write_durably() { return database_.make_durable(options_.survives_power_loss); }
  Query& bind_ready(Query& query, std::int64_t now) const {
    return query.bind(now).bind(now + std::max(options_.lease, kLongestDelay).count());
  }
  Result<std::optional<Milliseconds>> can_claim(const Lane& lane, std::int64_t now);
  Result<std::optional<Lease>> claim(const Lane& lane);
  Result<LeaseState> settle(const Lease& lease, const char* change, std::int64_t ready_at);
  Result<void> forget_old();
  template <class Look>
  auto wait(Milliseconds timeout, Look look) -> decltype(look());

  Database database_;
  EmbeddedQueueOptions options_;
  Clock& clock_;
  std::size_t first_lane_ = 0;
};

// Looks until there is something, an error, or `timeout` is over; if the clock is set back meanwhile, up to another
// `timeout`.
template <class Look>
auto Queue::wait(Milliseconds timeout, Look look) -> decltype(look()) {
  Instant end = clock_.now() + timeout;
  Milliseconds pause = kFirstPause;
  while (true) {
    auto found = look();
    if (!found || *found) return found;
    end = std::min(end, clock_.now() + timeout);
    const Milliseconds left = end - clock_.now();
    if (left <= Milliseconds(0)) return found;
    clock_.sleep(std::min(pause, left));
    pause = std::min(2 * pause, kLastPause);
  }
}

Result<bool> Queue::has_room(const Task& task) {
  Query usage(database_, "SELECT task_bytes, tasks FROM usage");
  OBSCURA_TRY([[maybe_unused]] const bool row, usage.step());
  const std::uint64_t depth = depth_of(task.step);
  const std::uint64_t max_bytes = options_.max_task_bytes + depth * (options_.max_task_bytes / 8 + kMaxMessageBytes);
  const std::uint64_t max_tasks = options_.max_tasks + depth * (options_.max_tasks / 8 + 1);
  return static_cast<std::uint64_t>(usage.integer(0)) + task.message.size() <= max_bytes &&
         static_cast<std::uint64_t>(usage.integer(1)) < max_tasks;
}

Result<Stored> Queue::publish(const Task& task) {
  if (task.message.size() > std::min<std::uint64_t>(kMaxMessageBytes, options_.max_task_bytes)) {
    return Stored::kOversized;
  }
  OBSCURA_TRY_VOID(write_durably());
  OBSCURA_TRY(Transaction transaction, Transaction::begin(database_));
  const std::string name = task.id();
  Query known(database_, "SELECT 1 FROM tasks WHERE name = ?");
  OBSCURA_TRY(const bool there, known.bind(name).step());
  if (there) return Stored::kAlreadyThere;
  OBSCURA_TRY(const bool room, has_room(task));
  if (!room) return Stored::kFull;
  Query insert(
      database_,
      "INSERT INTO tasks (name, tenant, job, replica, stage, shard, model, eval_key, deadline, ready_at, message) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  bind_key(insert.bind(name), task.key).bind(task.step.stage).bind(task.step.shard);
  insert.bind(task.model.bytes).bind(task.eval_key.bytes).bind(count_of(task.deadline));
  OBSCURA_TRY_VOID(insert.bind(count_of(clock_.now())).bind(task.message).finish());
  OBSCURA_TRY_VOID(transaction.commit());
  return Stored::kStored;
}

// A query that stands on a row holds a snapshot, from which SQLite refuses to go on to a write that others overtook: so
// this one ends before the claim begins. It takes no write lock, and idle workers do not stand in each other's way.
// Returns how long the first task of the lane has waited; the claim may get another one, if somebody was faster.
Result<std::optional<Milliseconds>> Queue::can_claim(const Lane& lane, std::int64_t now) {
  Query look(database_,
             "SELECT ready_at FROM tasks WHERE model = ? AND eval_key = ? AND stage = ? AND replica = ? AND shard = ? "
             "AND done = 0 AND " OBSCURA_IS_READY " AND deliveries < 5 ORDER BY id LIMIT 1");
  OBSCURA_TRY(const bool there, bind_ready(bind_lane(look, lane), now).step());
  if (!there) return std::nullopt;
  return Milliseconds(std::max<std::int64_t>(0, now - look.integer(0)));
}

Result<std::optional<Lease>> Queue::claim(const Lane& lane) {
  static_assert(kMaxDeliveries == 5, "the statements say five");
  const std::int64_t now = count_of(clock_.now());
  OBSCURA_TRY(const std::optional<Milliseconds> waited, can_claim(lane, now));
  if (!waited) return std::nullopt;
  OBSCURA_TRY_VOID(write_lightly());
  Query update(
      database_,
      "UPDATE tasks SET leased = 1, deliveries = deliveries + 1, ready_at = ? WHERE id = ("
      "SELECT id FROM tasks WHERE model = ? AND eval_key = ? AND stage = ? AND replica = ? AND shard = ? AND done = 0 "
      "AND " OBSCURA_IS_READY " AND deliveries < 5 ORDER BY id LIMIT 1) RETURNING " OBSCURA_TASK_COLUMNS);
  bind_ready(bind_lane(update.bind(now + options_.lease.count()), lane), now);
  OBSCURA_TRY(const bool claimed, update.step());
  if (!claimed) return std::nullopt;
  Lease lease{.id = static_cast<std::uint64_t>(update.integer(0)),
              .deliveries = static_cast<std::uint32_t>(update.integer(1)),
              .task = task_of(update),
              .waited = waited};
  OBSCURA_TRY_VOID(update.finish());
  return lease;
}

Result<std::optional<Lease>> Queue::fetch(std::span<const Lane> lanes, Milliseconds timeout) {
  return wait(timeout, [&]() -> Result<std::optional<Lease>> {
    ++first_lane_;  // no lane waits for ever behind another
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      OBSCURA_TRY(std::optional<Lease> lease, claim(lanes[(first_lane_ + i) % lanes.size()]));
      if (lease) return lease;
    }
    return std::nullopt;
  });
}

// Deliveries number the leases of a task: only the last one can change it.
Result<LeaseState> Queue::settle(const Lease& lease, const char* change, std::int64_t ready_at) {
  OBSCURA_TRY_VOID(write_lightly());
  const std::string sql = fmt::format(
      "UPDATE tasks SET {}, ready_at = ? WHERE id = ? AND deliveries = ? AND leased = 1 AND done = 0", change);
  Query update(database_, sql);
  update.bind(ready_at).bind(static_cast<std::int64_t>(lease.id)).bind(lease.deliveries);
  OBSCURA_TRY_VOID(update.finish());
  return database_.changes() == 1 ? LeaseState::kHeld : LeaseState::kLost;
}

Result<LeaseState> Queue::heartbeat(const Lease& lease) {
  return settle(lease, "leased = 1", count_of(clock_.now() + options_.lease));
}

Result<LeaseState> Queue::acknowledge(const Lease& lease) {
  return settle(lease, "leased = 0, done = 1, message = x''", count_of(clock_.now()));
}

Result<LeaseState> Queue::retry_later(const Lease& lease, Milliseconds delay) {
  return settle(lease, "leased = 0", count_of(clock_.now() + std::min(delay, kLongestDelay)));
}

Result<bool> Queue::has_result_room(std::size_t bytes) {
  Query usage(database_, "SELECT result_bytes FROM usage");
  OBSCURA_TRY([[maybe_unused]] const bool row, usage.step());
  return static_cast<std::uint64_t>(usage.integer(0)) + bytes <= options_.max_result_bytes;
}

Result<Stored> Queue::publish_part(const JobKey& key, const Step& step, std::span<const std::uint8_t> message) {
  if (message.size() > kMaxMessageBytes) return Stored::kOversized;
  OBSCURA_TRY_VOID(write_durably());
  OBSCURA_TRY(Transaction transaction, Transaction::begin(database_));
  Query known(database_,
              "SELECT 1 FROM parts WHERE tenant = ? AND job = ? AND replica = ? AND stage = ? AND shard = ?");
  OBSCURA_TRY(const bool there, bind_key(known, key).bind(step.stage).bind(step.shard).step());
  if (there) return Stored::kAlreadyThere;
  OBSCURA_TRY(const bool room, has_result_room(message.size()));
  if (!room) return Stored::kFull;
  Query insert(database_, "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)");
  bind_key(insert, key).bind(step.stage).bind(step.shard).bind(count_of(clock_.now())).bind(message);
  OBSCURA_TRY_VOID(insert.finish());
  OBSCURA_TRY_VOID(transaction.commit());
  return Stored::kStored;
}

Result<std::vector<Part>> Queue::parts(const JobKey& key, std::uint32_t stage) {
  Query query(
      database_,
      "SELECT shard, message FROM parts WHERE tenant = ? AND job = ? AND replica = ? AND stage = ? ORDER BY shard");
  bind_key(query, key).bind(stage);
  std::vector<Part> parts;
  while (true) {
    OBSCURA_TRY(const bool row, query.step());
    if (!row) return parts;
    parts.push_back({.shard = static_cast<std::uint32_t>(query.integer(0)), .message = query.blob(1)});
  }
}

Result<Stored> Queue::publish_result(const JobKey& key, std::span<const std::uint8_t> message) {
  if (message.size() > kMaxMessageBytes) return Stored::kOversized;
  OBSCURA_TRY_VOID(write_durably());
  OBSCURA_TRY(Transaction transaction, Transaction::begin(database_));
  OBSCURA_TRY(const bool there, has_result(key));
  if (there) return Stored::kAlreadyThere;
  OBSCURA_TRY(const bool room, has_result_room(message.size()));
  if (!room) return Stored::kFull;
  Query insert(database_, "INSERT INTO results VALUES (?, ?, ?, ?, ?)");
  OBSCURA_TRY_VOID(bind_key(insert, key).bind(count_of(clock_.now())).bind(message).finish());
  OBSCURA_TRY_VOID(transaction.commit());
  return Stored::kStored;
}

Result<std::optional<std::vector<std::uint8_t>>> Queue::result(const JobKey& key, Milliseconds timeout) {
  return wait(timeout, [&]() -> Result<std::optional<std::vector<std::uint8_t>>> {
    Query query(database_, "SELECT message FROM results WHERE tenant = ? AND job = ? AND replica = ?");
    OBSCURA_TRY(const bool row, bind_key(query, key).step());
    if (!row) return std::nullopt;
    return query.blob(0);
  });
}

Result<bool> Queue::has_result(const JobKey& key) {
  Query query(database_, "SELECT 1 FROM results WHERE tenant = ? AND job = ? AND replica = ?");
  return bind_key(query, key).step();
}

Result<std::uint64_t> Queue::withdraw(const JobKey& key) {
  const std::int64_t now = count_of(clock_.now());
  Query update(database_,
               "UPDATE tasks SET done = 1, leased = 0, message = x'' WHERE tenant = ? AND job = ? AND replica = ? "
               "AND done = 0 AND (leased = 0 OR " OBSCURA_IS_READY ")");
  OBSCURA_TRY_VOID(bind_ready(bind_key(update, key), now).finish());
  return static_cast<std::uint64_t>(database_.changes());
}

// A done task is remembered as long as its job's result, so that a job is never known and yet without an answer.
Result<void> Queue::forget_old() {
  const std::int64_t before = count_of(clock_.now() - options_.retention);
  OBSCURA_TRY(Transaction transaction, Transaction::begin(database_));
  for (const char* sql :
       {"DELETE FROM results WHERE stored_at < ?",
        "DELETE FROM tasks WHERE done = 1 AND ready_at < ? AND NOT EXISTS (SELECT 1 FROM results r WHERE "
        "r.tenant = tasks.tenant AND r.job = tasks.job AND r.replica = tasks.replica) AND NOT EXISTS (SELECT 1 FROM "
        "tasks t WHERE t.done = 0 AND t.tenant = tasks.tenant AND t.job = tasks.job AND t.replica = tasks.replica)",
        "DELETE FROM parts WHERE stored_at < ? AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.tenant = parts.tenant "
        "AND t.job = parts.job AND t.replica = parts.replica)"}) {
    Query query(database_, sql);
    OBSCURA_TRY_VOID(query.bind(before).finish());
  }
  return transaction.commit();
}

Result<std::vector<Orphan>> Queue::orphans(std::size_t limit) {
  OBSCURA_TRY_VOID(forget_old());
  const std::int64_t now = count_of(clock_.now());
  Query query(database_, "SELECT " OBSCURA_TASK_COLUMNS " FROM tasks WHERE done = 0 AND " OBSCURA_IS_READY
                         " AND (deliveries >= 5 OR deadline < ?) ORDER BY id LIMIT ?");
  bind_ready(query, now).bind(now).bind(static_cast<std::int64_t>(limit));
  std::vector<Orphan> orphans;
  while (true) {
    OBSCURA_TRY(const bool row, query.step());
    if (!row) return orphans;
    Orphan orphan{.id = static_cast<std::uint64_t>(query.integer(0)),
                  .deliveries = static_cast<std::uint32_t>(query.integer(1)),
                  .task = task_of(query)};
    orphan.cause = orphan.deliveries >= kMaxDeliveries ? OrphanCause::kTooManyDeliveries : OrphanCause::kDeadline;
    orphans.push_back(std::move(orphan));
  }
}

Result<void> Queue::remove_orphan(const Orphan& orphan) {
  Query update(database_,
               "UPDATE tasks SET done = 1, leased = 0, message = x'', ready_at = ? WHERE id = ? AND done = 0");
  return update.bind(count_of(clock_.now())).bind(static_cast<std::int64_t>(orphan.id)).finish();
}

Result<QueueStatus> Queue::status() {
  QueueStatus status{.max_bytes = options_.max_task_bytes + options_.max_result_bytes};
  Query usage(database_, "SELECT task_bytes + result_bytes, tasks, results FROM usage");
  OBSCURA_TRY([[maybe_unused]] const bool found, usage.step());
  status.bytes = static_cast<std::uint64_t>(usage.integer(0));
  status.tasks = static_cast<std::uint64_t>(usage.integer(1));
  status.results = static_cast<std::uint64_t>(usage.integer(2));
  Query lanes(
      database_,
      "SELECT model, eval_key, stage, replica, shard, sum(leased = 1 AND NOT " OBSCURA_IS_READY
      "), count(*) FROM tasks WHERE "
      "done = 0 GROUP BY model, eval_key, stage, replica, shard ORDER BY model, eval_key, stage, replica, shard");
  bind_ready(lanes, count_of(clock_.now()));
  while (true) {
    OBSCURA_TRY(const bool row, lanes.step());
    if (!row) return status;
    const auto leased = static_cast<std::uint64_t>(lanes.integer(5));
    status.lanes.push_back({.lane = {.model = digest_in(lanes, 0),
                                     .eval_key = digest_in(lanes, 1),
                                     .stage = static_cast<std::uint32_t>(lanes.integer(2)),
                                     .replica = static_cast<std::uint32_t>(lanes.integer(3)),
                                     .shard = static_cast<std::uint32_t>(lanes.integer(4))},
                            .waiting = static_cast<std::uint64_t>(lanes.integer(6)) - leased,
                            .leased = leased});
  }
}

}  // namespace

Result<std::unique_ptr<JobQueue>> EmbeddedQueue::open(const std::string& path, const EmbeddedQueueOptions& options,
                                                      Clock& clock) {
  OBSCURA_TRY(Database database, Database::open(path));
  OBSCURA_TRY_VOID(detail::prepare_schema(database));
  return std::make_unique<Queue>(std::move(database), options, clock);
}

Result<IsOpenJob> EmbeddedQueue::open_jobs(const std::string& path) {
  OBSCURA_TRY(Database database, Database::open(path));
  OBSCURA_TRY_VOID(detail::prepare_schema(database));
  const auto shared = std::make_shared<Database>(std::move(database));
  return [shared](const JobKey& key) -> Result<bool> {
    Query query(*shared, "SELECT 1 FROM tasks WHERE tenant = ? AND job = ? AND replica = ? AND done = 0 LIMIT 1");
    return bind_key(query, key).step();
  };
}

}  // namespace obscura::deploy::net
