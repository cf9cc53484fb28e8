#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace obscura::base {

/// One timed stretch of work on one thread. Times in nanoseconds since the trace began.
struct TraceEvent {
  std::string name;
  std::int64_t start_ns;
  std::int64_t duration_ns;
  int thread;  ///< 0, 1, 2, ... in the order in which threads first reported
};

/// Collects spans from any thread. Passed by pointer; nullptr means off and costs one comparison.
/// Names say what was done, never with which values: a trace may leave the machine.
class Trace {
 public:
  Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  void add(std::string_view name, std::chrono::steady_clock::time_point start,
           std::chrono::steady_clock::time_point end);
  /// A copy of what was collected, in the order in which spans ended.
  [[nodiscard]] std::vector<TraceEvent> events() const;
  /// The Chrome trace format ("complete" events, times in microseconds), for chrome://tracing or Perfetto.
  [[nodiscard]] std::string write_chrome_json() const;
  /// The same as a file, whole or not at all. Errors: those of write_file_atomically.
  [[nodiscard]] Result<void> save_chrome_json(const std::string& path) const;

 private:
  const std::chrono::steady_clock::time_point origin_;
  mutable std::mutex mutex_;
  std::map<std::thread::id, int> threads_;
  std::vector<TraceEvent> events_;
};

/// Times its own lifetime into `trace`. `name` must outlive the span.
class Span {
 public:
  Span(Trace* trace, std::string_view name) : trace_(trace), name_(name) {
    if (trace_ != nullptr) start_ = std::chrono::steady_clock::now();
  }
  ~Span() {
    if (trace_ != nullptr) trace_->add(name_, start_, std::chrono::steady_clock::now());
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

 private:
  Trace* trace_;
  std::string_view name_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace obscura::base
