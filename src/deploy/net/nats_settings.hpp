#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "deploy/net/clock.hpp"
#include "deploy/net/nats_connection.hpp"

namespace obscura::deploy::net {

/// What all who meet at a NATS site must agree on. The administrator writes it (`obscura.site.settings`), everybody may
/// read it.
struct NatsSettings {
  Milliseconds lease{30'000};                            ///< of a task: what lanes are made with
  std::uint64_t max_job_bytes = std::uint64_t{1} << 30;  ///< of a step's inputs together
  std::uint32_t groups = 1;                              ///< operator groups: most replicas of a job
  std::uint32_t copies = 1;                              ///< servers that hold each stream
  /// Of jobs' ciphertexts, in whole seconds: no job may take longer.
  Milliseconds blob_retention = std::chrono::hours(168);

  friend bool operator==(const NatsSettings&, const NatsSettings&) = default;
};

/// Errors: kUntrusted (who asks is not the administrator), kIo.
[[nodiscard]] base::Result<void> write_settings(NatsConnection& connection, const NatsSettings& settings);
/// Errors: kIo (no server answers, or there are no streams yet), kNotFound (streams, but no settings), kCorrupt.
[[nodiscard]] base::Result<NatsSettings> read_settings(NatsConnection& connection);

}  // namespace obscura::deploy::net
