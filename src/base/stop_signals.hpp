#pragma once

#include <csignal>

namespace obscura::base {

/// SIGTERM and SIGINT as something to ask for, instead of something that interrupts. Made in main's thread before any
/// other thread is started; they then reach nobody else. Not safe to use from several threads at once.
class StopSignals {
 public:
  StopSignals();
  /// The signals do again what they did before. Those that came until now do nothing more.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// How many came so far; those of one kind that come between two questions count once.
  [[nodiscard]] int seen();

 private:
  sigset_t signals_;
  sigset_t before_;
  int seen_ = 0;
};

}  // namespace obscura::base
