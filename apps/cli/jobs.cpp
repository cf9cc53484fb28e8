#include <fmt/format.h>

#include "apps/cli/command.hpp"
#include "apps/cli/site_access.hpp"

namespace obscura::apps::cli {

namespace {

using base::ErrorCode;

struct JobsOptions {
  SiteOptions site;
  std::string id;
};

/// As `obscura-worker serve --stage` has it behind the stage; "1" too of a stage that is not split.
std::string shard_of(const deploy::net::Lane& lane) {
  return lane.shard == deploy::net::kMergeShard ? "merge" : std::to_string(lane.shard + 1);
}

void add_queue(Report& report, const deploy::net::QueueStatus& status) {
  report.figures.update({{"tasks", status.tasks},
                         {"results", status.results},
                         {"bytes", status.bytes},
                         {"max_bytes", status.max_bytes},
                         {"lanes", nlohmann::json::array()}});
  report.text = fmt::format("{} tasks, {} results, {} of {} bytes\n{}", status.tasks, status.results, status.bytes,
                            status.max_bytes, report.text);
  for (const auto& lane : status.lanes) {
    report.figures["lanes"].push_back({{"model", lane.lane.model.hex()},
                                       {"eval_keys", lane.lane.eval_key.hex()},
                                       {"stage", lane.lane.stage + 1},
                                       {"shard", shard_of(lane.lane)},
                                       {"replica", lane.lane.replica},
                                       {"waiting", lane.waiting},
                                       {"in_work", lane.leased}});
    const std::string group = lane.lane.replica == 0 ? "" : fmt::format(" for group {}", lane.lane.replica);
    const std::string shard = lane.lane.shard == 0 ? "" : "." + shard_of(lane.lane);
    report.text += fmt::format("stage {}{} of model {}{}: {} waiting, {} in work\n", lane.lane.stage + 1, shard,
                               artifact::fingerprint(lane.lane.model), group, lane.waiting, lane.leased);
  }
}

/// How full the queue is, is shown to whoever may know it: over NATS the administrator alone.
base::Result<Report> site_status(const JobsOptions& options) {
  deploy::net::SystemClock clock;
  OBSCURA_TRY(const auto site, deploy::net::open_site(options.site.site, clock));
  OBSCURA_TRY(const auto entries, site.catalogue->list());
  Report report;
  report.figures = {{"models", nlohmann::json::array()}};
  for (const auto& entry : entries) {
    report.figures["models"].push_back({{"model", entry.model.text()}, {"eval_keys", entry.eval_keys.text()}});
    report.text += fmt::format("model {} with eval-keys {}\n", entry.model.text(), entry.eval_keys.text());
  }
  if (site.sees_queue) {
    OBSCURA_TRY(const auto status, site.queue->status());
    add_queue(report, status);
  } else if (entries.empty()) {
    report.text = "no models\n";
  }
  return report;
}

/// A job that came to an end in another way than done is no failure of this command.
std::string status_of(const base::Result<std::optional<deploy::submit::Done>>& answer) {
  if (answer) return *answer ? "done" : "waiting";
  switch (answer.error().code) {
    case ErrorCode::kExpired:
      return "expired";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kFailed:
      return "failed";
    case ErrorCode::kInvalidJob:
      return "invalid";
    case ErrorCode::kDisagreement:
      return "disagreement";
    default:
      return "";
  }
}

base::Result<Report> job_status(const JobsOptions& options) {
  OBSCURA_TRY(const auto access, open_site_access(options.site));
  const auto answer = access->desk->answer(options.id, deploy::net::Milliseconds(0));
  const std::string status = status_of(answer);
  if (status.empty()) return tl::make_unexpected(answer.error());
  Report report;
  report.figures = {{"id", options.id}, {"status", status}};
  report.text = fmt::format("{}: {}\n", options.id, status);
  if (!answer) {
    report.figures["cause"] = answer.error().message;
    report.text += fmt::format("  {}\n", answer.error().message);
  }
  return report;
}

base::Result<Report> run_status(const JobsOptions& options) {
  if (options.id.empty()) return site_status(options);
  if (!options.site.identity.empty()) return job_status(options);
  return base::fail(ErrorCode::kUsage, "a job belongs to a tenant and its identity", "add --identity and --tenant");
}

base::Result<Report> run_cancel(const JobsOptions& options) {
  OBSCURA_TRY(const auto access, open_site_access(options.site));
  OBSCURA_TRY(const auto stored, access->desk->cancel(options.id));
  if (stored == deploy::net::Stored::kAlreadyThere) {
    return base::fail(ErrorCode::kUnsupported, fmt::format("job {} has its answer already", options.id),
                      "`obscura submit --id` reads it");
  }
  if (stored != deploy::net::Stored::kStored) {
    return base::fail(ErrorCode::kFull, fmt::format("the site has no room to note that {} was taken back", options.id),
                      "try again later");
  }
  return Report{fmt::format("{}: cancelled\n", options.id), {{"id", options.id}, {"status", "cancelled"}}};
}

}  // namespace

void add_status(CLI::App& app, const Global&, Action& action) {
  auto options = std::make_shared<JobsOptions>();
  auto* command = app.add_subcommand("status", "What a site holds, or what became of a job");
  command->add_option("JOB", options->id, "Name of a job that was submitted from here");
  add_site_options(*command, options->site, false);
  command->callback([&action, options] { action = [options] { return run_status(*options); }; });
}

void add_cancel(CLI::App& app, const Global&, Action& action) {
  auto options = std::make_shared<JobsOptions>();
  auto* command = app.add_subcommand("cancel", "Take a job back");
  command->add_option("JOB", options->id, "Its name")->required();
  add_site_options(*command, options->site, true);
  command->callback([&action, options] { action = [options] { return run_cancel(*options); }; });
}

}  // namespace obscura::apps::cli
