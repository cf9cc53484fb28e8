#include <fmt/format.h>

#include "apps/cli/command.hpp"
#include "apps/cli/progress.hpp"
#include "artifact/identity.hpp"
#include "deploy/worker/answer_files.hpp"
#include "runtime/session/loaded_model.hpp"

namespace obscura::apps::cli {

namespace {

struct Options {
  runtime::session::ModelFiles files;
  std::vector<std::string> inputs;
  std::vector<std::string> trust;
  std::string output;
  std::string folder;
};

base::Result<Report> run_sealed(const Options& options, const Global& global) {
  OBSCURA_TRY(const auto jobs, deploy::worker::plan_jobs(options.inputs, options.output, options.folder));
  OBSCURA_TRY(const auto trust, artifact::load_trust_set(options.trust));
  OBSCURA_TRY(const auto model, runtime::session::LoadedModel::open(options.files, trust, global.engine, {}));
  Progress progress("computing", jobs.size());
  deploy::worker::AnswerOptions answer;
  answer.progress = [&](std::size_t done, std::size_t) { progress.update(done); };
  OBSCURA_TRY(const auto latency_ms, deploy::worker::answer_files(model->session(), jobs, answer));
  Report report;
  report.figures = {{"results", nlohmann::json::array()}, {"latency_ms", latency_ms}};
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    report.figures["results"].push_back(jobs[i].output);
    report.text += fmt::format("{}: answered in {:.1f} ms\n", jobs[i].output, latency_ms[i]);
  }
  return report;
}

}  // namespace

void add_run(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("run", "Answer encrypted requests with a sealed model");
  command->add_option("MODEL", options->files.sealed_model, "Sealed model")->required();
  command->add_option("INPUT", options->inputs, "Encrypted requests")->required();
  command->add_option("--eval-keys", options->files.evaluation_keys, "Evaluation keys")->required();
  command->add_option("--trust", options->trust, "Public identities (or folders of them) whose models are accepted")
      ->required();
  command->add_option("-o,--output", options->output, "Result file, for one request");
  command->add_option("--out-dir", options->folder, "Folder for results");
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_sealed(*options, global); }; });
}

}  // namespace obscura::apps::cli
