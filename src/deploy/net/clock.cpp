#include "deploy/net/clock.hpp"

#include <thread>

namespace obscura::deploy::net {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

void SystemClock::sleep(Milliseconds duration) {
  std::this_thread::sleep_for(duration);
}

}  // namespace obscura::deploy::net
