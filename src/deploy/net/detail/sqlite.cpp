#include "deploy/net/detail/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.hpp"

namespace obscura::deploy::net::detail {
namespace {

constexpr int kBusyMilliseconds = 10'000;
constexpr int kPauseMilliseconds = 5;

// Turning a new file to write-ahead mode is the one change for which SQLite does not wait when another connection is at
// it too.
base::Result<void> turn_to_write_ahead(Database& database) {
  for (int waited = 0;; waited += kPauseMilliseconds) {
    auto turned = database.run("PRAGMA journal_mode = WAL");
    const bool busy = !turned && (sqlite3_errcode(database.handle()) & 0xff) == SQLITE_BUSY;
    if (!busy || waited >= kBusyMilliseconds) return turned;
    sqlite3_sleep(kPauseMilliseconds);
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

base::Error Database::error(std::string_view verb) const {
  const int code = handle_ ? sqlite3_errcode(handle_.get()) : SQLITE_NOMEM;
  const bool full = code == SQLITE_FULL;
  return {base::ErrorCode::kIo,
          fmt::format("cannot {} {}: {}", verb, path_, handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code)),
          full ? "free some space on the disk" : "check the folder, its permissions, and who else uses it"};
}

base::Result<Database> Database::open(const std::string& path) {
  Database database(path);
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  database.handle_.reset(handle);
  if (code != SQLITE_OK) return tl::make_unexpected(database.error("open"));
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  OBSCURA_TRY_VOID(turn_to_write_ahead(database));
  OBSCURA_TRY_VOID(database.make_durable(true));
  return database;
}

base::Result<void> Database::make_durable(bool durable) {
  if (durable == durable_) return {};
  OBSCURA_TRY_VOID(run(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
  durable_ = durable;
  return {};
}

base::Result<void> Database::run(const char* statements) {
  if (sqlite3_exec(handle_.get(), statements, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return tl::make_unexpected(error("change"));
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_.get());
}

void Query::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Query::Query(Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  keep(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statement_.reset(statement);
}

void Query::keep(int code) {
  if (code != SQLITE_OK && !error_) error_ = database_->error("ask");
}

Query& Query::bind(std::int64_t value) {
  keep(sqlite3_bind_int64(statement_.get(), ++bound_, value));
  return *this;
}

Query& Query::bind(std::string_view text) {
  keep(sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Query& Query::bind(std::span<const std::uint8_t> blob) {
  // A null pointer would be NULL, not an empty blob.
  keep(blob.empty() ? sqlite3_bind_zeroblob(statement_.get(), ++bound_, 0)
                    : sqlite3_bind_blob64(statement_.get(), ++bound_, blob.data(), blob.size(), SQLITE_STATIC));
  return *this;
}

base::Result<bool> Query::step() {
  if (error_) return tl::make_unexpected(*error_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::make_unexpected(database_->error("use"));
}

base::Result<void> Query::finish() {
  while (true) {
    OBSCURA_TRY(const bool row, step());
    if (!row) return {};
  }
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Query::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return text == nullptr ? std::string()
                         : std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
}

std::vector<std::uint8_t> Query::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::vector<std::uint8_t>() : std::vector<std::uint8_t>(data, data + size);
}

base::Result<Transaction> Transaction::begin(Database& database) {
  OBSCURA_TRY_VOID(database.run("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->run("ROLLBACK");
}

base::Result<void> Transaction::commit() {
  OBSCURA_CHECK(database_ != nullptr, "a transaction is committed once");
  OBSCURA_TRY_VOID(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace obscura::deploy::net::detail
