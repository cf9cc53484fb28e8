#pragma once

#include <chrono>

namespace obscura::deploy::net {

using Milliseconds = std::chrono::milliseconds;

/// A moment of the wall clock (UTC) in whole milliseconds: leases and deadlines are shared between processes and
/// machines, and outlive both.
using Instant = std::chrono::time_point<std::chrono::system_clock, Milliseconds>;

/// Time as it is handed to what waits. Safe to use from several threads.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  /// Returns once `duration` has passed on this clock.
  virtual void sleep(Milliseconds duration) = 0;
};

/// The time of the machine.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  void sleep(Milliseconds duration) override;
};

}  // namespace obscura::deploy::net
