#include "apps/worker/serve_metrics.hpp"

#include <prometheus/text_serializer.h>

#include "apps/worker/command.hpp"

namespace obscura::apps::worker {

namespace {

using deploy::net::Ending;
using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

const prometheus::Histogram::BucketBoundaries kEvaluateSeconds = {0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300};
const prometheus::Histogram::BucketBoundaries kWaitSeconds = {0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 60, 600};

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

/// A counter is only ever counted up.
void raise_to(prometheus::Counter& counter, std::uint64_t value) {
  const double more = static_cast<double>(value) - counter.Value();
  if (more > 0) counter.Increment(more);
}

}  // namespace

std::string name_of(Ending ending) {
  switch (ending) {
    case Ending::kEffect:
      return "effect";
    case Ending::kRefused:
      return "refused";
    case Ending::kGivenBack:
      return "given_back";
    case Ending::kLost:
      return "lost";
    case Ending::kAnswered:
      return "answered";
  }
  return "unknown";
}

ServeMetrics::ServeMetrics()
    : jobs_(BuildCounter().Name("obscura_jobs_total").Help("Tasks taken, by what came of them").Register(registry_)),
      seconds_(BuildHistogram().Name("obscura_stage_seconds").Help("Time to evaluate a stage").Register(registry_)),
      wait_(BuildHistogram()
                .Name("obscura_queue_wait_seconds")
                .Help("Time that tasks were ready before they were taken")
                .Register(registry_)
                .Add({}, kWaitSeconds)),
      input_bytes_(counter(registry_, "obscura_input_bytes_total", "Ciphertext bytes that tasks read")),
      output_bytes_(counter(registry_, "obscura_output_bytes_total", "Ciphertext bytes that tasks made")),
      troubles_(counter(registry_, "obscura_site_errors_total", "Times the queue or the store could not be reached")),
      cache_hits_(counter(registry_, "obscura_cache_hits_total", "Models and keys found in the cache")),
      cache_misses_(counter(registry_, "obscura_cache_misses_total", "Models and keys that had to be fetched")),
      cache_evictions_(counter(registry_, "obscura_cache_evictions_total", "Models and keys that made room")),
      cache_bytes_(counter(registry_, "obscura_cache_fetched_bytes_total", "Bytes fetched into the cache")),
      lanes_(gauge(registry_, "obscura_lanes", "Stages served")),
      unserved_(gauge(registry_, "obscura_lanes_unserved", "Stages asked for and not served")),
      held_bytes_(gauge(registry_, "obscura_held_bytes", "Estimated memory of the stages served")),
      peak_bytes_(gauge(registry_, "obscura_peak_memory_bytes", "Highest resident memory of the process")) {
  for (const Ending ending :
       {Ending::kEffect, Ending::kRefused, Ending::kGivenBack, Ending::kLost, Ending::kAnswered}) {
    jobs_.Add({{"outcome", name_of(ending)}});
  }
}

void ServeMetrics::count(const deploy::net::Served& served) {
  jobs_.Add({{"outcome", name_of(served.ending)}}).Increment();
  if (served.waited) wait_.Observe(static_cast<double>(served.waited->count()) / 1e3);
  input_bytes_.Increment(static_cast<double>(served.input_bytes));
  output_bytes_.Increment(static_cast<double>(served.output_bytes));
  if (served.ending != Ending::kEffect) return;
  seconds_.Add({{"stage", std::to_string(served.step.stage + 1)}}, kEvaluateSeconds)
      .Observe(static_cast<double>(served.figures.evaluate_us) / 1e6);
}

void ServeMetrics::show(const deploy::worker::CacheCounts& cache) {
  raise_to(cache_hits_, cache.hits);
  raise_to(cache_misses_, cache.misses);
  raise_to(cache_evictions_, cache.evictions);
  raise_to(cache_bytes_, cache.fetched_bytes);
}

void ServeMetrics::show(const deploy::worker::StageHost& host) {
  lanes_.Set(static_cast<double>(host.lanes().size()));
  unserved_.Set(static_cast<double>(host.unserved().size()));
  held_bytes_.Set(static_cast<double>(host.memory_bytes()));
}

std::string ServeMetrics::text() {
  peak_bytes_.Set(peak_rss_bytes());
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace obscura::apps::worker
