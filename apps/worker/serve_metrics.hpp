#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "deploy/net/serve_one.hpp"
#include "deploy/worker/blob_cache.hpp"
#include "deploy/worker/stage_host.hpp"

namespace obscura::apps::worker {

/// "effect", "refused", ... as metrics and logs call it.
[[nodiscard]] std::string name_of(deploy::net::Ending ending);

/// What a serving worker counts, for Prometheus. Safe to read from another thread while the worker counts.
class ServeMetrics {
 public:
  ServeMetrics();

  void count(const deploy::net::Served& served);
  void count_trouble() { troubles_.Increment(); }
  void show(const deploy::worker::CacheCounts& cache);
  void show(const deploy::worker::StageHost& host);

  /// In the text format of Prometheus.
  [[nodiscard]] std::string text();

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& jobs_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Histogram& wait_;
  prometheus::Counter& input_bytes_;
  prometheus::Counter& output_bytes_;
  prometheus::Counter& troubles_;
  prometheus::Counter& cache_hits_;
  prometheus::Counter& cache_misses_;
  prometheus::Counter& cache_evictions_;
  prometheus::Counter& cache_bytes_;
  prometheus::Gauge& lanes_;
  prometheus::Gauge& unserved_;
  prometheus::Gauge& held_bytes_;
  prometheus::Gauge& peak_bytes_;
};

}  // namespace obscura::apps::worker
