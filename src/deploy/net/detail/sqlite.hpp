#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

// SQLite with results instead of codes. Errors are kIo throughout, and name the database file.
namespace obscura::deploy::net::detail {

/// One connection. For one thread; does not survive a fork.
class Database {
 public:
  /// Opens or creates the file in write-ahead mode, durable. A call waits up to ten seconds for other connections that
  /// write.
  [[nodiscard]] static base::Result<Database> open(const std::string& path);

  /// From now on commits survive the loss of power, and so does all that was committed before; or, if not `durable`,
  /// only the death of processes. The database is consistent either way. Not inside a transaction.
  [[nodiscard]] base::Result<void> make_durable(bool durable);

  /// Runs statements that return nothing.
  [[nodiscard]] base::Result<void> run(const char* statements);
  /// Rows that the last statement inserted, changed or deleted.
  [[nodiscard]] std::int64_t changes() const;

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// What went wrong last.
  [[nodiscard]] base::Error error(std::string_view verb) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
  bool durable_ = false;
};

/// One statement: bind its parameters in order, then step through its rows. The first error sticks until step().
/// What is bound must live until the last step.
class Query {
 public:
  Query(Database& database, std::string_view sql);
  Query(Query&&) = default;

  Query& bind(std::int64_t value);
  Query& bind(std::string_view text);
  Query& bind(std::span<const std::uint8_t> blob);

  /// True: a row is there; false: there are no more.
  [[nodiscard]] base::Result<bool> step();
  /// Steps through a statement whose rows nobody wants.
  [[nodiscard]] base::Result<void> finish();

  /// The columns of the row, from 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::vector<std::uint8_t> blob(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void keep(int code);
  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  std::optional<base::Error> error_;
};

/// Holds the right to write from the beginning; without commit() everything is undone.
class Transaction {
 public:
  [[nodiscard]] static base::Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  [[nodiscard]] base::Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace obscura::deploy::net::detail
