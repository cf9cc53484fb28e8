#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "apps/cli/child.hpp"
#include "apps/cli/command.hpp"
#include "apps/cli/demo_images.hpp"
#include "apps/cli/demo_story.hpp"
#include "apps/cli/distributed_demo.hpp"
#include "apps/cli/file_size.hpp"
#include "apps/cli/open_secret.hpp"
#include "apps/cli/progress.hpp"
#include "base/file.hpp"
#include "bench/operations/timing.hpp"
#include "compiler/compile/reference.hpp"
#include "deploy/client/open_answer.hpp"
#include "deploy/client/read_input.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/request_file.hpp"

namespace obscura::apps::cli {

namespace {

namespace fs = std::filesystem;
namespace wire = runtime::wire;
using nlohmann::json;

struct DemoOptions {
  std::string assets;
  std::string data;
  bool own_digits = false;
  std::size_t images = 0;
  int security = 128;
  bool distributed = false;
};

/// How the encrypted answers compare with the labels and with the network in the clear.
struct Comparison {
  std::size_t correct = 0;
  std::size_t agree = 0;
  std::size_t disagree_decided = 0;  ///< other label than float although the margin exceeds the stated error
  double max_score_error = 0;
  json params;
};

base::Result<Comparison> compare(const Story& story, const std::string& model, const DemoImages& images,
                                 const std::vector<std::string>& results, const Global& global) {
  OBSCURA_TRY(const auto reference, compiler::compile::Reference::open(model));
  OBSCURA_TRY(const auto holder, open_key_holder(story.path("keys/secret"), "", {}, global.engine));
  const auto& open = holder.secret;
  const auto expected = wire::expect(open.content.program, open.content.key);
  const auto& program = open.content.program;
  Comparison comparison;
  comparison.params = {{"security_bits", static_cast<int>(program.params.security)},
                       {"log_n", program.params.log_n},
                       {"log_qp", std::round(open.context->params().log2_qp() * 100) / 100},
                       {"score_error_bound", program.error.score_error_bound}};
  for (std::size_t i = 0; i < images.paths.size(); ++i) {
    const std::string& path = results[i];
    OBSCURA_TRY(const auto tensor, deploy::client::read_input(images.paths[i], program.input_spec));
    OBSCURA_TRY(const auto scores, reference.scores(tensor));
    OBSCURA_TRY(const auto bytes, base::read_file(path, wire::kMaxRequestBytes));
    OBSCURA_TRY(const auto received, wire::read_result(bytes, path, open.context->ring(), expected));
    const auto& answer = received.ciphertexts;
    OBSCURA_TRY(const auto release,
                deploy::client::open_answer(*open.context, *open.secret, program, *holder.count, answer, open.labels));
    OBSCURA_TRY(const double error, deploy::client::answer_error(*open.context, *open.secret, program, answer, scores));
    const auto first_output = scores.begin() + static_cast<std::ptrdiff_t>(program.outputs.front().element.size());
    const auto float_label = std::max_element(scores.begin(), first_output) - scores.begin();
    comparison.correct += release.label == images.labels[i] ? 1 : 0;
    comparison.agree += release.label == float_label ? 1 : 0;
    comparison.disagree_decided += release.label != float_label && release.decided ? 1 : 0;
    comparison.max_score_error = std::max(comparison.max_score_error, error);
  }
  return comparison;
}

std::vector<std::string> result_paths(const Story& story, const json& requests) {
  std::vector<std::string> paths;
  for (const auto& request : requests) {
    const auto stem = fs::path(request.get<std::string>()).stem().string();
    paths.push_back(story.path("results/" + stem + ".result"));
  }
  return paths;
}

json figures_of(const DemoImages& images, const Comparison& comparison, const json& worker, double cold_ms,
                std::uintmax_t input_bytes, std::uintmax_t output_bytes) {
  const auto latency = worker["latency_ms"].get<std::vector<double>>();
  json figures = {{"dataset", images.dataset},
                  {"images", images.paths.size()},
                  {"correct", comparison.correct},
                  {"agree_with_float", comparison.agree},
                  {"disagree_beyond_error", comparison.disagree_decided},
                  {"max_score_error", comparison.max_score_error},
                  {"weights", "encrypted"},
                  {"latency_ms_median", bench::operations::median(latency)},
                  {"latency_ms_p95", bench::operations::quantile(latency, 0.95)},
                  {"cold_ms", cold_ms},
                  {"threads", worker["threads"]},
                  {"kernels", worker["kernels"]},
                  {"peak_rss_mb", worker["peak_rss_mb"]},
                  {"sealed_model_bytes", worker["sealed_model_bytes"]},
                  {"evaluation_key_bytes", worker["evaluation_key_bytes"]},
                  {"input_ciphertext_bytes", input_bytes},
                  {"output_ciphertext_bytes", output_bytes}};
  figures.update(comparison.params);
  return figures;
}

std::string table(const json& f) {
  const auto mb = [&](const char* key) { return f[key].get<double>() / 1e6; };
  std::string text;
  const auto row = [&](const std::string& name, const std::string& value) {
    text += fmt::format("{:<34}{}\n", name, value);
  };
  row("images", fmt::format("{} {}", f["images"].get<int>(), f["dataset"].get<std::string>()));
  row("correct", fmt::format("{}", f["correct"].get<int>()));
  row("same label as in the clear", fmt::format("{}", f["agree_with_float"].get<int>()));
  row("largest score error", fmt::format("{:.2g} (stated bound {:.2g})", f["max_score_error"].get<double>(),
                                         f["score_error_bound"].get<double>()));
  row("encrypted", "weights, inputs, outputs and all between");
  row("security", fmt::format("{} bits: N = 2^{}, log2(QP) = {:.1f}", f["security_bits"].get<int>(),
                              f["log_n"].get<int>(), f["log_qp"].get<double>()));
  row("latency per image", fmt::format("{:.1f} ms median, {:.1f} ms 95th percentile, {} threads, {} kernels",
                                       f["latency_ms_median"].get<double>(), f["latency_ms_p95"].get<double>(),
                                       f["threads"].get<int>(), f["kernels"].get<std::string>()));
  row("cold start to result file", fmt::format("{:.0f} ms", f["cold_ms"].get<double>()));
  row("peak memory of the worker", fmt::format("{:.0f} MB", f["peak_rss_mb"].get<double>()));
  row("sealed model", fmt::format("{:.1f} MB", mb("sealed_model_bytes")));
  row("evaluation keys", fmt::format("{:.1f} MB", mb("evaluation_key_bytes")));
  row("request / result",
      fmt::format("{:.2f} MB / {:.2f} MB", mb("input_ciphertext_bytes"), mb("output_ciphertext_bytes")));
  return text;
}

/// --data, else OBSCURA_DATA, which may be the folder itself or the one that holds `mnist`.
std::string data_folder(const DemoOptions& options) {
  if (options.own_digits) return {};
  if (!options.data.empty()) return options.data;
  const char* environment = std::getenv("OBSCURA_DATA");
  if (environment == nullptr) return {};
  const std::string below = (fs::path(environment) / "mnist").string();
  if (holds_mnist(below)) return below;
  return holds_mnist(environment) ? std::string(environment) : std::string();
}

base::Result<Report> run_demo(const DemoOptions& options, const Global& global) {
  OBSCURA_TRY(const auto scratch, Scratch::create());
  for (const char* folder : {"images", "requests", "results"}) fs::create_directory(scratch.path(folder));
  const std::string data = data_folder(options);
  const std::string model = (fs::path(options.assets) / "mnist_cryptonets" / "model.onnx").string();
  OBSCURA_TRY(const auto images, data.empty()
                                     ? own_images((fs::path(options.assets) / "digits").string(), options.images)
                                     : mnist_images(data, options.images, scratch.path("images")));
  OBSCURA_TRY(Story story, Story::open(scratch, global));
  Progress progress("demo", options.distributed ? 5 : 4);
  OBSCURA_TRY_VOID(story.prepare(model, images.calibration, options.security, options.distributed));
  progress.update(1);
  OBSCURA_TRY(const json encrypted, story.encrypt(images.paths));
  progress.update(2);
  const auto requests = encrypted["requests"].get<std::vector<std::string>>();
  OBSCURA_TRY(const double cold_ms, story.cold_ms(requests.front()));
  OBSCURA_TRY(const json worker, story.compute(requests));
  progress.update(3);
  const auto results = result_paths(story, encrypted["requests"]);
  OBSCURA_TRY(const auto comparison, compare(story, model, images, results, global));
  OBSCURA_TRY(const std::uint64_t request_bytes, file_size(requests.front()));
  OBSCURA_TRY(const std::uint64_t result_bytes, file_size(results.front()));
  Report report;
  report.figures = figures_of(images, comparison, worker, cold_ms, request_bytes, result_bytes);
  report.text = table(report.figures);
  if (options.distributed) {
    OBSCURA_TRY(const Distributed distributed, run_distributed(story, requests, results, global));
    progress.update(5);
    add_distributed(report, distributed, worker["latency_ms"].get<std::vector<double>>());
  }
  return report;
}

}  // namespace

void add_demo(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<DemoOptions>();
  auto* command = app.add_subcommand("demo", "The whole story on one machine with real images, as a table of figures");
  command->add_option("--assets", options->assets, "Folder that holds mnist_cryptonets/ and digits/")
      ->envname("OBSCURA_ASSETS")
      ->default_val("models");
  command->add_option("--data", options->data, "Folder of MNIST's idx files (default: OBSCURA_DATA)");
  command->add_flag("--own-digits", options->own_digits, "Use the project's own digits even where MNIST is present");
  command->add_option("--images", options->images, "How many images")->check(CLI::Range(1, 1000000));
  command->add_flag("--distributed", options->distributed,
                    "Also over NATS on this machine: three workers, each with one stage of the model");
  command->add_option("--security", options->security, "Bits of security")->check(CLI::IsMember({128, 192, 256}));
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_demo(*options, global); }; });
}

}  // namespace obscura::apps::cli
