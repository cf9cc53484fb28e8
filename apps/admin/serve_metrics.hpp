#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

#include "deploy/net/job_queue.hpp"
#include "deploy/net/supervise.hpp"

namespace obscura::apps::admin {

/// What a supervisor counts and sees of its site, for Prometheus. Safe to read from another thread meanwhile.
class ServeMetrics {
 public:
  ServeMetrics();

  void count(const deploy::net::Supervised& done);
  void count_trouble() { troubles_.Increment(); }
  void show(const deploy::net::QueueStatus& status);
  /// In Prometheus' text format.
  [[nodiscard]] std::string text() const;

 private:
  prometheus::Registry registry_;
  prometheus::Counter& failed_;
  prometheus::Counter& expired_;
  prometheus::Counter& full_;
  prometheus::Counter& troubles_;
  prometheus::Counter& leaders_;
  prometheus::Gauge& tasks_;
  prometheus::Gauge& waiting_;
  prometheus::Gauge& in_work_;
  prometheus::Gauge& results_;
  prometheus::Gauge& bytes_;
  prometheus::Gauge& max_bytes_;
};

}  // namespace obscura::apps::admin
