#include <sys/resource.h>

#include "apps/worker/command.hpp"
#include "artifact/identity.hpp"
#include "base/trace.hpp"
#include "deploy/worker/answer_model.hpp"

namespace obscura::apps::worker {

namespace {

struct RunOptions {
  runtime::session::ModelFiles files;
  std::vector<std::string> inputs;
  std::vector<std::string> trust;
  std::string output;
  std::string folder;
  std::string trace;
  std::uint64_t memory_mb = 0;
  int warm_ups = 0;
};

base::Result<Report> run(const RunOptions& options, const Global& global) {
  OBSCURA_TRY(const auto jobs, deploy::worker::plan_jobs(options.inputs, options.output, options.folder));
  OBSCURA_TRY(const auto trust, artifact::load_trust_set(options.trust));
  base::Trace trace;
  deploy::worker::AnswerOptions answer;
  answer.warm_ups = options.warm_ups;
  if (!options.trace.empty()) answer.trace = &trace;
  OBSCURA_TRY(const auto answers, deploy::worker::answer_model(options.files, trust, global.engine,
                                                               {options.memory_mb << 20}, jobs, answer));
  if (!options.trace.empty()) OBSCURA_TRY_VOID(trace.save_chrome_json(options.trace));
  nlohmann::json figures = {{"results", jobs.size()},
                            {"latency_ms", answers.latency_ms},
                            {"threads", global.engine.threads},
                            {"kernels", answers.kernels},
                            {"peak_rss_mb", peak_rss_bytes() / (1 << 20)},
                            {"sealed_model_bytes", answers.sealed_model_bytes},
                            {"evaluation_key_bytes", answers.evaluation_key_bytes}};
  if (!answers.stage_ms.empty()) figures["stage_ms"] = answers.stage_ms;
  return Report{{}, std::move(figures)};
}

}  // namespace

double peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024.0;
}

void add_run(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand("run", "Answer encrypted requests with a sealed model");
  command->add_option("MODEL", options->files.sealed_model, "Sealed model, or manifest of one in stages")->required();
  command->add_option("INPUT", options->inputs, "Encrypted requests")->required();
  command->add_option("--eval-keys", options->files.evaluation_keys, "Evaluation keys")->required();
  command
      ->add_option("--trust", options->trust,
                   "Public identity, or folder of them, whose models are accepted; may be repeated")
      ->allow_extra_args(false)
      ->required();
  command->add_option("-o,--output", options->output, "Result file, for one request");
  command->add_option("--out-dir", options->folder, "Folder for results");
  command->add_option("--trace", options->trace, "Write a Chrome trace of the run");
  command->add_option("--memory-mb", options->memory_mb, "Limit for keys, weights and ciphertexts; 0 = none");
  command->add_option("--warm-ups", options->warm_ups, "Answers to the first request that are not counted")
      ->check(CLI::Range(0, 1000));
  command->callback([&global, &action, options] { action = [&global, options] { return run(*options, global); }; });
}

}  // namespace obscura::apps::worker
