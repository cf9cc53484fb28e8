#include "apps/admin/serve_metrics.hpp"

#include <prometheus/text_serializer.h>

namespace obscura::apps::admin {

namespace {

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

ServeMetrics::ServeMetrics()
    : failed_(counter(registry_, "obscura_jobs_failed_total", "Jobs answered as failed: no worker came to an end")),
      expired_(counter(registry_, "obscura_jobs_expired_total", "Jobs answered as expired")),
      full_(counter(registry_, "obscura_results_full_total", "Looks in which there was no room for a result")),
      troubles_(counter(registry_, "obscura_site_errors_total", "Looks in which the site could not be reached")),
      leaders_(counter(registry_, "obscura_leaders_replaced_total", "Servers asked to lead a stream no more")),
      tasks_(gauge(registry_, "obscura_queue_tasks", "Tasks at the site that are not done")),
      waiting_(gauge(registry_, "obscura_queue_waiting", "Tasks that a worker could take")),
      in_work_(gauge(registry_, "obscura_queue_in_work", "Tasks that workers hold")),
      results_(gauge(registry_, "obscura_results", "Results that are kept")),
      bytes_(gauge(registry_, "obscura_queue_bytes", "Bytes of tasks, parts and results")),
      max_bytes_(gauge(registry_, "obscura_queue_max_bytes", "Limit of those")) {}

void ServeMetrics::count(const deploy::net::Supervised& done) {
  failed_.Increment(static_cast<double>(done.failed));
  expired_.Increment(static_cast<double>(done.expired));
  if (done.full) full_.Increment();
}

void ServeMetrics::show(const deploy::net::QueueStatus& status) {
  std::uint64_t waiting = 0;
  std::uint64_t in_work = 0;
  for (const auto& lane : status.lanes) {
    waiting += lane.waiting;
    in_work += lane.leased;
  }
  leaders_.Increment(static_cast<double>(status.leaders_replaced) - leaders_.Value());
  tasks_.Set(static_cast<double>(status.tasks));
  waiting_.Set(static_cast<double>(waiting));
  in_work_.Set(static_cast<double>(in_work));
  results_.Set(static_cast<double>(status.results));
  bytes_.Set(static_cast<double>(status.bytes));
  max_bytes_.Set(static_cast<double>(status.max_bytes));
}

std::string ServeMetrics::text() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace obscura::apps::admin
