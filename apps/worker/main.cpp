#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <thread>

#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "base/trace.hpp"
#include "deploy/worker/answer_model.hpp"

namespace {

using namespace obscura;

constexpr int kInternalError = 1;

struct Options {
  runtime::session::ModelFiles files;
  std::vector<std::string> inputs;
  std::vector<std::string> trust;
  std::string output;
  std::string folder;
  std::string trace;
  std::uint64_t memory_mb = 0;
  int warm_ups = 0;
  bool json = false;
  fhe::ckks::EngineOptions engine;
};

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

base::Result<nlohmann::json> run(const Options& options) {
  OBSCURA_TRY(const auto jobs, deploy::worker::plan_jobs(options.inputs, options.output, options.folder));
  OBSCURA_TRY(const auto trust, artifact::load_trust_set(options.trust));
  base::Trace trace;
  deploy::worker::AnswerOptions answer;
  answer.warm_ups = options.warm_ups;
  if (!options.trace.empty()) answer.exec.trace = &trace;
  OBSCURA_TRY(const auto answers, deploy::worker::answer_model(options.files, trust, options.engine,
                                                               {options.memory_mb << 20}, jobs, answer));
  if (!options.trace.empty()) {
    const std::string text = trace.write_chrome_json();
    OBSCURA_TRY_VOID(
        base::write_file_atomically(options.trace, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  }
  nlohmann::json figures = {{"results", jobs.size()},
                            {"latency_ms", answers.latency_ms},
                            {"threads", options.engine.threads},
                            {"kernels", answers.kernels},
                            {"peak_rss_mb", peak_rss_mb()},
                            {"sealed_model_bytes", answers.sealed_model_bytes},
                            {"evaluation_key_bytes", answers.evaluation_key_bytes}};
  if (!answers.stage_ms.empty()) figures["stage_ms"] = answers.stage_ms;
  return figures;
}

void add_run(CLI::App& app, Options& options) {
  auto* command = app.add_subcommand("run", "Answer encrypted requests with a sealed model");
  command->add_option("MODEL", options.files.sealed_model, "Sealed model, or manifest of one in stages")->required();
  command->add_option("INPUT", options.inputs, "Encrypted requests")->required();
  command->add_option("--eval-keys", options.files.evaluation_keys, "Evaluation keys")->required();
  command
      ->add_option("--trust", options.trust,
                   "Public identity, or folder of them, whose models are accepted; may be repeated")
      ->allow_extra_args(false)
      ->required();
  command->add_option("-o,--output", options.output, "Result file, for one request");
  command->add_option("--out-dir", options.folder, "Folder for results");
  command->add_option("--trace", options.trace, "Write a Chrome trace of the run");
  command->add_option("--memory-mb", options.memory_mb, "Limit for keys, weights and ciphertexts; 0 = none");
  command->add_option("--warm-ups", options.warm_ups, "Answers to the first request that are not counted")
      ->check(CLI::Range(0, 1000));
}

/// Whether --json stands among the arguments, also where they are not understood.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

/// File names need not be UTF-8, JSON must be: what is not is replaced.
void print_json(const nlohmann::json& body) {
  std::cout << body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int print_error(const base::Error& error, bool json) {
  if (json) {
    const nlohmann::json body = {
        {"error", {{"code", static_cast<int>(error.code)}, {"message", error.message}, {"hint", error.hint}}}};
    print_json(body);
  }
  std::cerr << "obscura-worker: " << error.message << '\n';
  if (!error.hint.empty()) std::cerr << "  hint: " << error.hint << '\n';
  return static_cast<int>(error.code);
}

int run_program(int argc, char** argv) {
  CLI::App app{"Computes on encrypted requests with sealed models; holds no code that decrypts"};
  app.name("obscura-worker");
  Options options;
  options.engine.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  app.set_version_flag("--version", "obscura-worker " OBSCURA_VERSION);
  app.add_flag("--json", options.json, "Print one JSON object with the figures");
  app.add_option("--threads", options.engine.threads, "Threads to compute with")->check(CLI::Range(1, 1024));
  app.add_option("--kernels", options.engine.kernels, "Force an instruction set: portable, avx2 or avx512ifma")
      ->envname("OBSCURA_KERNELS");
  app.fallthrough();
  app.require_subcommand(1);
  add_run(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return print_error({base::ErrorCode::kUsage, error.what(), "--help says what is understood"},
                       wants_json(argc, argv));
  }
  const auto figures = run(options);
  if (!figures) return print_error(figures.error(), options.json);
  if (options.json) print_json(*figures);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_program(argc, argv);
  } catch (const std::bad_alloc&) {
    return print_error({base::ErrorCode::kLimit, "out of memory", "free memory or use a machine with more"},
                       wants_json(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "obscura-worker: internal error: %s\n", error.what());
    return kInternalError;
  }
}
