#include <fmt/format.h>

#include "apps/cli/command.hpp"
#include "apps/cli/progress.hpp"
#include "deploy/submit/push_model.hpp"

namespace obscura::apps::cli {

namespace {

struct PushOptions {
  std::string model;
  std::string eval_keys;
  std::string site;
};

base::Result<Report> run_push(const PushOptions& options) {
  deploy::net::SystemClock clock;
  OBSCURA_TRY(auto site, deploy::net::open_site(options.site, clock));
  OBSCURA_TRY(const auto plan, deploy::submit::plan_push(options.model, options.eval_keys));
  {
    Progress progress("pushing", plan.total_bytes);
    OBSCURA_TRY_VOID(
        deploy::submit::push_model(plan, site, [&](std::uint64_t done, std::uint64_t) { progress.update(done); }));
  }
  Report report;
  report.text = fmt::format("model {}\neval-keys {}\n", plan.entry.model.text(), plan.entry.eval_keys.text());
  report.figures = {{"model", plan.entry.model.text()}, {"eval_keys", plan.entry.eval_keys.text()},
                    {"stages", plan.shards.size()},     {"shards", plan.shards},
                    {"files", plan.files.size()},       {"bytes", plan.total_bytes}};
  return report;
}

}  // namespace

void add_push(CLI::App& app, const Global&, Action& action) {
  auto options = std::make_shared<PushOptions>();
  auto* command = app.add_subcommand("push", "Bring a sealed model and its evaluation keys to a site");
  command->add_option("MODEL", options->model, "Manifest, with its stage files beside it, or sealed model")->required();
  command->add_option("--eval-keys", options->eval_keys, "Evaluation keys")->required();
  command->add_option("--site", options->site, "The site: its folder, or the owner's site file")->required();
  command->callback([&action, options] { action = [options] { return run_push(*options); }; });
}

}  // namespace obscura::apps::cli
