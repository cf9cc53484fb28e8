#include "apps/cli/distributed_demo.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "apps/cli/child.hpp"
#include "apps/cli/dev_site.hpp"
#include "apps/cli/service.hpp"
#include "apps/cli/submission.hpp"
#include "base/file.hpp"
#include "bench/operations/timing.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;
using Clock = std::chrono::steady_clock;

/// The site and who works there. Members end in the reverse order: the server last.
struct Stand {
  std::unique_ptr<deploy::net::NatsServer> server;
  std::vector<Service> services;
};

base::Result<void> start_worker(Stand& stand, const Story& story, const std::string& site, int stage) {
  std::vector<std::string> command{story.worker()};
  const auto engine = story.engine_words();
  command.insert(command.end(), engine.begin(), engine.end());
  command.insert(command.end(),
                 {"serve", "--site", dev_addresses(site, true).worker, "--identity", site + "/identities/worker",
                  "--stage", std::to_string(stage), "--cache", fmt::format("{}/cache{}", site, stage)});
  OBSCURA_TRY(auto service, Service::start(command, fmt::format("{}/worker{}.log", site, stage)));
  stand.services.push_back(std::move(service));
  return {};
}

base::Result<Stand> start_stand(const Story& story, const std::string& site) {
  OBSCURA_TRY_VOID(make_dev_site(site, {story.path("vendor.pub")}, 1));
  Stand stand;
  OBSCURA_TRY(stand.server, start_dev_server(site, 1));
  OBSCURA_TRY(const auto admin, sibling_program("obscura-admin"));
  OBSCURA_TRY(auto supervisor, Service::start(supervisor_command(admin, site, true), site + "/supervisor.log"));
  stand.services.push_back(std::move(supervisor));
  for (int stage = 1; stage <= kDemoStages; ++stage) OBSCURA_TRY_VOID(start_worker(stand, story, site, stage));
  return stand;
}

SubmitOptions submitter(const Story& story, const std::string& site) {
  SubmitOptions options;
  options.site.site = dev_addresses(site, true).client;
  options.site.identity = site + "/identities/client";
  options.site.state = site + "/state";
  options.model = story.path("model.manifest");
  options.eval_keys = story.path("keys/eval");
  return options;
}

/// One job from its request to its answer, which must be `expected`.
base::Result<void> run_job(Submission& submission, const std::string& request, const std::string& expected,
                           const std::string& id, Distributed& distributed) {
  OBSCURA_TRY(const auto job, submission.load(request, id));
  const auto start = Clock::now();
  OBSCURA_TRY_VOID(submission.hand_in(job));
  OBSCURA_TRY(const auto done, submission.desk().wait(id));
  distributed.job_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  OBSCURA_TRY(const auto bytes, base::read_file(expected, runtime::wire::kMaxRequestBytes));
  if (done.result != bytes) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("three workers answer {} otherwise than one process: {}", request, expected),
                      "please report this");
  }
  auto computed = static_cast<double>(done.ending.figures.evaluate_us) / 1e3;
  for (const auto& receipt : done.trail) computed += static_cast<double>(receipt.figures.evaluate_us) / 1e3;
  distributed.stage_ms.push_back(computed);
  return submission.desk().close(id);
}

}  // namespace

base::Result<Distributed> run_distributed(const Story& story, const std::vector<std::string>& requests,
                                          const std::vector<std::string>& results, const Global& global) {
  const std::string site = story.path("site");
  OBSCURA_TRY(const Stand stand, start_stand(story, site));
  OBSCURA_TRY_VOID(story.push(dev_addresses(site, true).owner));
  const SubmitOptions options = submitter(story, site);
  OBSCURA_TRY(const auto submission, Submission::open(options, global));
  Distributed warm_ups;
  for (int i = 0; i < kWarmUps; ++i) {
    OBSCURA_TRY_VOID(run_job(*submission, requests.front(), results.front(), fmt::format("warm-up-{}", i), warm_ups));
  }
  Distributed distributed;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    OBSCURA_TRY_VOID(run_job(*submission, requests[i], results[i], fmt::format("image-{}", i), distributed));
  }
  return distributed;
}

void add_distributed(Report& report, const Distributed& distributed, const std::vector<double>& bare_ms) {
  std::vector<double> overhead;
  std::vector<double> between;
  for (std::size_t i = 0; i < distributed.job_ms.size(); ++i) {
    overhead.push_back(distributed.job_ms[i] - bare_ms[i]);
    between.push_back(distributed.job_ms[i] - distributed.stage_ms[i]);
  }
  const double job_ms = bench::operations::median(distributed.job_ms);
  const double overhead_ms = bench::operations::median(overhead);
  const double between_ms = bench::operations::median(between);
  report.figures["distributed"] = {{"stages", kDemoStages},
                                   {"identical_answers", distributed.job_ms.size()},
                                   {"job_ms_median", job_ms},
                                   {"job_ms_p95", bench::operations::quantile(distributed.job_ms, 0.95)},
                                   {"overhead_ms_median", overhead_ms},
                                   {"overhead_ms_p95", bench::operations::quantile(overhead, 0.95)},
                                   {"between_stages_ms_median", between_ms}};
  report.text +=
      fmt::format("{:<34}{:.1f} ms median; {:.1f} ms more than in one process, {:.1f} ms of it not computing\n",
                  "job of three workers over NATS", job_ms, overhead_ms, between_ms);
  // One that differs has ended the demo.
  report.text += fmt::format("{:<34}all {}\n", "the same bytes as one process", distributed.job_ms.size());
}

}  // namespace obscura::apps::cli
