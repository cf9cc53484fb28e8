#include "deploy/net/detail/embedded_schema.hpp"

#include <fmt/format.h>

namespace obscura::deploy::net::detail {
namespace {

// Times are milliseconds since 1970. A task can be fetched from ready_at on; while it is leased, that is the end of
// the lease. A task that is done stays as a name without a message, so that the same one is not taken twice.
// `usage` counts the bytes of messages; the triggers keep it right within each transaction.
constexpr const char* kTables = R"(
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL, job TEXT NOT NULL, replica INTEGER NOT NULL,
  stage INTEGER NOT NULL, shard INTEGER NOT NULL,
  model BLOB NOT NULL, eval_key BLOB NOT NULL,
  deadline INTEGER NOT NULL, ready_at INTEGER NOT NULL,
  leased INTEGER NOT NULL DEFAULT 0, deliveries INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
  message BLOB NOT NULL);
CREATE INDEX open_tasks ON tasks (model, eval_key, stage, replica, shard, id) WHERE done = 0;
CREATE INDEX open_deadlines ON tasks (deadline) WHERE done = 0;
CREATE TABLE parts (
  tenant TEXT NOT NULL, job TEXT NOT NULL, replica INTEGER NOT NULL,
  stage INTEGER NOT NULL, shard INTEGER NOT NULL,
  stored_at INTEGER NOT NULL, message BLOB NOT NULL,
  PRIMARY KEY (tenant, job, replica, stage, shard));
CREATE TABLE results (
  tenant TEXT NOT NULL, job TEXT NOT NULL, replica INTEGER NOT NULL,
  stored_at INTEGER NOT NULL, message BLOB NOT NULL,
  PRIMARY KEY (tenant, job, replica));
CREATE TABLE usage (
  task_bytes INTEGER NOT NULL, tasks INTEGER NOT NULL, result_bytes INTEGER NOT NULL, results INTEGER NOT NULL);
INSERT INTO usage VALUES (0, 0, 0, 0);
CREATE TRIGGER task_added AFTER INSERT ON tasks BEGIN
  UPDATE usage SET task_bytes = task_bytes + length(NEW.message), tasks = tasks + 1; END;
CREATE TRIGGER task_done AFTER UPDATE OF done ON tasks WHEN NEW.done > OLD.done BEGIN
  UPDATE usage SET task_bytes = task_bytes - length(OLD.message), tasks = tasks - 1; END;
CREATE TRIGGER part_added AFTER INSERT ON parts BEGIN
  UPDATE usage SET result_bytes = result_bytes + length(NEW.message); END;
CREATE TRIGGER part_removed AFTER DELETE ON parts BEGIN
  UPDATE usage SET result_bytes = result_bytes - length(OLD.message); END;
CREATE TRIGGER result_added AFTER INSERT ON results BEGIN
  UPDATE usage SET result_bytes = result_bytes + length(NEW.message), results = results + 1; END;
CREATE TRIGGER result_removed AFTER DELETE ON results BEGIN
  UPDATE usage SET result_bytes = result_bytes - length(OLD.message), results = results - 1; END;
)";

base::Result<std::int64_t> version_of(Database& database) {
  Query query(database, "PRAGMA user_version");
  OBSCURA_TRY([[maybe_unused]] const bool row, query.step());
  return query.integer(0);
}

}  // namespace

base::Result<void> prepare_schema(Database& database) {
  OBSCURA_TRY(Transaction transaction, Transaction::begin(database));
  OBSCURA_TRY(const std::int64_t version, version_of(database));
  if (version == kEmbeddedSchemaVersion) return {};
  if (version != 0) {
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("{} is a queue of version {}; this program uses version {}", database.path(), version,
                                  kEmbeddedSchemaVersion),
                      "use the program that made it, or start a new queue in an empty folder");
  }
  OBSCURA_TRY_VOID(database.run(kTables));
  OBSCURA_TRY_VOID(database.run(fmt::format("PRAGMA user_version = {}", kEmbeddedSchemaVersion).c_str()));
  return transaction.commit();
}

}  // namespace obscura::deploy::net::detail
