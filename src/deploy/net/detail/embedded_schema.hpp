#pragma once

#include "base/result.hpp"
#include "deploy/net/detail/sqlite.hpp"

namespace obscura::deploy::net::detail {

/// The version that this program writes, in the database's user_version.
inline constexpr int kEmbeddedSchemaVersion = 1;

/// Creates the tables in a new database; leaves one of this version alone. Safe when several processes open at once.
/// Errors: kUnsupported (a database of another version, or not a queue at all), kIo.
[[nodiscard]] base::Result<void> prepare_schema(Database& database);

}  // namespace obscura::deploy::net::detail
