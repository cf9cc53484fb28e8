#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "apps/cli/command.hpp"
#include "apps/cli/progress.hpp"
#include "artifact/header.hpp"
#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "base/memory.hpp"
#include "base/trace.hpp"
#include "deploy/worker/answer_model.hpp"
#include "plan/program/schedule.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/clear/clear_weight_source.hpp"
#include "runtime/session/session.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace {

struct RunOptions {
  runtime::session::ModelFiles files;
  std::vector<std::string> inputs;
  std::vector<std::string> trust;
  std::string output;
  std::string folder;
  std::string trace;
  std::optional<std::uint64_t> memory_mb;
};

using Jobs = std::span<const deploy::worker::FileJob>;

Report report_of(Jobs jobs, const std::vector<double>& latency_ms) {
  Report report;
  report.figures = {{"results", nlohmann::json::array()}, {"latency_ms", latency_ms}};
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    report.figures["results"].push_back(jobs[i].output);
    report.text += fmt::format("{}: answered in {:.1f} ms\n", jobs[i].output, latency_ms[i]);
  }
  return report;
}

/// What was asked for, or a share of the free memory: the rest is for tables, files and others. 0: no limit.
std::uint64_t memory_to_take(const RunOptions& options) {
  if (options.memory_mb) return *options.memory_mb << 20;
  const auto available = base::available_memory_bytes();
  return available ? std::max<std::uint64_t>(*available / 10 * 9, 1) : 0;
}

base::Result<Report> run_sealed(const RunOptions& options, const Global& global, Jobs jobs,
                                const deploy::worker::AnswerOptions& answer) {
  if (options.trust.empty()) {
    return base::fail(base::ErrorCode::kUsage, "a sealed model is run only if you say whom you trust",
                      "add --trust with the public identity of its owner");
  }
  OBSCURA_TRY(const auto trust, artifact::load_trust_set(options.trust));
  OBSCURA_TRY(const auto answers, deploy::worker::answer_model(options.files, trust, global.engine,
                                                               {memory_to_take(options)}, jobs, answer));
  return report_of(jobs, answers.latency_ms);
}

/// An encoded weight is one polynomial, half of what the estimate counts for an encrypted one.
runtime::clear::Keep what_to_keep(const plan::program::MemoryEstimate& memory, std::uint64_t most) {
  const std::uint64_t all = memory.total_bytes(false) - memory.weight_bytes / 2;
  return most == 0 || all <= most ? runtime::clear::Keep::kEncoded : runtime::clear::Keep::kCoefficients;
}

/// For everything but the weights.
runtime::session::SessionLimits limits_beside(const plan::program::MemoryEstimate& memory, std::uint64_t most,
                                              const runtime::clear::ClearWeightSource& weights,
                                              runtime::clear::Keep keep) {
  if (most == 0) return {};
  const bool encoded = keep == runtime::clear::Keep::kEncoded;
  const std::uint64_t bytes = encoded ? memory.weight_bytes / 2 : weights.coefficient_bytes();
  return {most - std::min(most - 1, bytes)};
}

/// Clear weights, on the owner's own machine.
base::Result<Report> run_plan(const RunOptions& options, const Global& global, Jobs jobs,
                              const deploy::worker::AnswerOptions& answer) {
  namespace wire = runtime::wire;
  OBSCURA_TRY(auto plan, plan::weights::read_plan_file(options.files.sealed_model));
  OBSCURA_TRY(auto params, plan::program::make_params(plan.program));
  OBSCURA_TRY(const auto context, fhe::ckks::Context::create(std::move(params), global.engine));
  const auto& key_path = options.files.evaluation_keys;
  OBSCURA_TRY(const auto keys, base::MappedFile::open(key_path, wire::kMaxEvaluationKeyBytes));
  OBSCURA_TRY(const auto info, wire::inspect_evaluation_keys(keys.bytes(), key_path));
  const auto memory = plan::program::estimate_memory(plan.program, context->params());
  const std::uint64_t most = memory_to_take(options);
  const runtime::clear::Keep keep = what_to_keep(memory, most);
  auto weights = std::make_unique<runtime::clear::ClearWeightSource>(context->encoder(), plan.program,
                                                                     std::move(plan.weights), keep);
  auto limits = limits_beside(memory, most, *weights, keep);
  limits.release_pages = [&keys] { keys.release_pages(); };
  OBSCURA_TRY(const auto session, runtime::session::Session::create(*context, plan.program, info.key, keys.bytes(),
                                                                    key_path, std::move(weights), limits));
  keys.release_pages();
  OBSCURA_TRY(const auto latency_ms, deploy::worker::answer_files(*session, jobs, answer));
  return report_of(jobs, latency_ms);
}

base::Result<Report> run_model(const RunOptions& options, const Global& global) {
  OBSCURA_TRY(const auto jobs, deploy::worker::plan_jobs(options.inputs, options.output, options.folder));
  const auto& path = options.files.sealed_model;
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, runtime::wire::kMaxSealedModelBytes));
  OBSCURA_TRY(const auto header, artifact::read_any_header(file.bytes(), file.bytes().size(), path));
  const bool clear = header.kind == artifact::ArtifactKind::kPlan;
  base::Trace trace;
  Progress progress("computing", jobs.size());
  deploy::worker::AnswerOptions answer;
  if (!options.trace.empty()) answer.trace = &trace;
  answer.progress = [&progress](const deploy::worker::AnswerProgress& now) {
    progress.show(now.share, now.job + 1, now.layer);
  };
  OBSCURA_TRY(auto report, clear ? run_plan(options, global, jobs, answer) : run_sealed(options, global, jobs, answer));
  if (!options.trace.empty()) OBSCURA_TRY_VOID(trace.save_chrome_json(options.trace));
  return report;
}

}  // namespace

void add_run(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand(
      "run", "Answer encrypted requests with a sealed model, or with a .plan on the owner's own machine");
  command->add_option("MODEL", options->files.sealed_model, "Sealed model, manifest of one in stages, or .plan")
      ->required();
  command->add_option("INPUT", options->inputs, "Encrypted requests")->required();
  command->add_option("--eval-keys", options->files.evaluation_keys, "Evaluation keys")->required();
  command
      ->add_option("--trust", options->trust,
                   "Public identity, or folder of them, whose models are accepted; may be repeated")
      ->allow_extra_args(false);
  command->add_option("-o,--output", options->output, "Result file, for one request");
  command->add_option("--out-dir", options->folder, "Folder for results");
  command->add_option("--memory-mb", options->memory_mb,
                      "Limit for keys, weights and ciphertexts; 0 = none (default: nine tenths of what is free)");
  command->add_option("--trace", options->trace,
                      "Write there which layer and operation took how long, as a Chrome trace");
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_model(*options, global); }; });
}

}  // namespace obscura::apps::cli
