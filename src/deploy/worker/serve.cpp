#include "deploy/worker/serve.hpp"

#include <algorithm>

namespace obscura::deploy::worker {
namespace {

using net::Milliseconds;

constexpr Milliseconds kFirstPause{250};
constexpr Milliseconds kLastPause{30'000};

// In pieces, so that a sign to stop is noticed.
void pause_for(Milliseconds duration, net::Clock& clock, const ServeEvents& events) {
  for (Milliseconds left = duration; left.count() > 0 && !events.is_stopped(); left -= kServeWait) {
    clock.sleep(std::min(left, kServeWait));
  }
}

}  // namespace

void serve(const net::Worker& worker, const ServeEvents& events) {
  Milliseconds pause = kFirstPause;
  while (!events.is_stopped()) {
    const auto lanes = events.lanes();
    if (lanes.empty()) {
      pause_for(kServeWait, worker.clock, events);
      continue;
    }
    const auto served = net::serve_one(worker, lanes, kServeWait);
    if (!served) {
      events.trouble(served.error());
      pause_for(pause, worker.clock, events);
      pause = std::min(2 * pause, kLastPause);
      continue;
    }
    pause = kFirstPause;
    if (*served) events.served(**served);
  }
}

}  // namespace obscura::deploy::worker
