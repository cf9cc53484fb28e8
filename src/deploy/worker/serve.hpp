#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "deploy/net/serve_one.hpp"

namespace obscura::deploy::worker {

/// What a serving worker tells whoever watches it, in its own thread.
struct ServeEvents {
  std::function<void(const net::Served&)> served;
  std::function<void(const base::Error&)> trouble;  ///< queue or store could not be reached; it goes on
  std::function<bool()> is_stopped;                 ///< asked before each look into the queue
  /// The lanes to serve now: asked before each look into the queue.
  std::function<std::span<const net::Lane>()> lanes;
};

/// How long one look into the queue waits, and so how late a sign to stop may be noticed.
inline constexpr net::Milliseconds kServeWait{200};

/// Takes tasks one after the other until it is told to stop; the one in work is finished. Trouble is reported, and
/// after a pause that grows to half a minute the queue is tried again.
void serve(const net::Worker& worker, const ServeEvents& events);

}  // namespace obscura::deploy::worker
