#include "base/stop_signals.hpp"

#include <ctime>

namespace obscura::base {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

StopSignals::~StopSignals() {
  (void)seen();  // what waits would kill the process as soon as it is let through
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::seen() {
  const timespec at_once{};
  while (sigtimedwait(&signals_, nullptr, &at_once) > 0) ++seen_;
  return seen_;
}

}  // namespace obscura::base
