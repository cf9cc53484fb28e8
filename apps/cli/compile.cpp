#include "compiler/compile/compile.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <sstream>

#include "apps/cli/command.hpp"
#include "apps/cli/input_form.hpp"
#include "apps/cli/stage_line.hpp"
#include "base/file.hpp"
#include "compiler/compile/calibration.hpp"
#include "compiler/compile/reference.hpp"
#include "compiler/compile/report_html.hpp"
#include "plan/program/limits.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/spec_file.hpp"

namespace obscura::apps::cli {

namespace {

namespace compile = compiler::compile;

constexpr std::uint64_t kMaxLabelFile = 1 << 24;
constexpr std::uint64_t kMaxCostFile = 1 << 20;
/// The highest of depths 5 and 6; tried only up to --max-degree.
constexpr std::array<std::size_t, 2> kHighDegrees{31, 63};

struct CompileOptions {
  std::string model;
  std::string calibration;
  std::string input;
  std::string labels;
  std::string cost;
  std::string output;
  int security = 128;
  int images = 1;
  int threads = 1;
  std::string sealing_key = "secret";
  double relative_error = compile::CompileOptions{}.most_relative_sd;
  std::size_t calibration_inputs = 512;
  std::vector<std::string> skip_passes;
  bool approximate_maxpool = false;
  std::size_t min_degree = compile::CompileOptions{}.fit.min_degree;
  std::size_t max_degree = compile::CompileOptions{}.fit.max_degree;
  double flips = compile::CompileOptions{}.fit.most_flips;
  std::optional<double> margin;
  int least_log_n = compile::CompileOptions{}.least_log_n;
  int most_log_n = compile::CompileOptions{}.most_log_n;
  std::uint64_t memory_mb = 0;
  std::size_t check = 0;
  std::string check_inputs;
  std::string check_labels;
  std::string report;
};

base::Result<std::string> read_text(const std::string& path, std::uint64_t limit) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, limit));
  return std::string(bytes.begin(), bytes.end());
}

base::Result<std::vector<std::string>> read_labels(const std::string& path) {
  std::vector<std::string> labels;
  if (path.empty()) return labels;
  OBSCURA_TRY(const auto text, read_text(path, kMaxLabelFile));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(line);
  }
  return labels;
}

base::Result<void> check_options(const CompileOptions& options) {
  if (options.least_log_n <= options.most_log_n) return {};
  return base::fail(base::ErrorCode::kUsage,
                    fmt::format("--least-log-n {} is above --most-log-n {}", options.least_log_n, options.most_log_n),
                    "leave a range of ring degrees to choose from");
}

base::Result<compile::CompileOptions> search_options(const CompileOptions& options) {
  compile::CompileOptions search;
  search.images = options.images;
  search.threads = options.threads;
  search.security = static_cast<fhe::params::Security>(options.security);
  search.sealing_key =
      options.sealing_key == "public" ? plan::program::SealingKey::kPublic : plan::program::SealingKey::kSecret;
  search.most_relative_sd = options.relative_error;
  search.least_log_n = options.least_log_n;
  search.most_log_n = options.most_log_n;
  search.most_memory_bytes = options.memory_mb << 20;
  search.skip_passes = options.skip_passes;
  search.approximate_maxpool = options.approximate_maxpool;
  search.fit.min_degree = options.min_degree;
  search.fit.max_degree = options.max_degree;
  search.fit.degrees.insert(search.fit.degrees.end(), kHighDegrees.begin(), kHighDegrees.end());
  search.fit.most_flips = options.flips;
  if (options.margin) search.fit.weights.margin = search.fit.weights.margin_above = *options.margin;
  if (!options.cost.empty()) {
    OBSCURA_TRY(const auto text, read_text(options.cost, kMaxCostFile));
    OBSCURA_TRY(search.cost, compiler::place::parse_cost_table(text));
  }
  return search;
}

base::Result<compile::CompileRequest> make_request(const CompileOptions& options) {
  OBSCURA_TRY_VOID(check_options(options));
  OBSCURA_TRY(const auto reference, compile::Reference::open(options.model));
  compile::CompileRequest request;
  OBSCURA_TRY(request.input, read_input_form(reference.input_dims(), options.input));
  OBSCURA_TRY(request.labels, read_labels(options.labels));
  OBSCURA_TRY(request.calibration,
              compile::read_calibration(options.calibration, request.input, options.calibration_inputs));
  if (options.check > 0) {
    compile::CheckSource source{options.calibration, options.check_labels, options.calibration_inputs};
    if (!options.check_inputs.empty()) source = {options.check_inputs, options.check_labels};
    OBSCURA_TRY(request.check, compile::read_check_inputs(source, request.input, options.check));
  }
  OBSCURA_TRY(request.options, search_options(options));
  return request;
}

base::Result<void> write_report(base::AtomicFile& file, const compile::Report& report, const std::string& model) {
  const std::string html = compile::to_html(report, model);
  OBSCURA_TRY_VOID(file.write({reinterpret_cast<const std::uint8_t*>(html.data()), html.size()}));
  return file.commit();
}

Report describe(const compile::CompileOutput& compiled, const std::string& plan, const std::string& spec) {
  const auto& input = compiled.plan.program.input_spec;
  Report report;
  report.text = compile::to_text(compiled.report);
  report.text += fmt::format(
      "input: {} x {} x {}, pixel * {:g}\n{}: program and clear weights, keep it\n{}: program, "
      "for keygen\n",
      input.channels, input.height, input.width, input.scale, plan, spec);
  report.figures = nlohmann::json::parse(compile::to_json(compiled.report));
  report.figures["plan"] = plan;
  report.figures["spec"] = spec;
  return report;
}

base::Result<compile::CompileOutput> compile_model(const CompileOptions& options) {
  OBSCURA_TRY(auto request, make_request(options));
  StageLine line("compile");
  request.options.on_stage = [&line](const std::string& stage) { line.begin(stage); };
  return compile::compile_onnx(options.model, request);
}

/// Each is of no use without the other: of new ones none stays unless both are written.
base::Result<void> write_pair(const std::string& plan, const plan::weights::Plan& content, const std::string& spec,
                              base::AtomicFile& spec_file) {
  base::NewFiles pair({plan, spec});
  OBSCURA_TRY_VOID(plan::weights::write_plan_file(plan, content));
  OBSCURA_TRY_VOID(spec_file.commit());
  pair.keep();
  return {};
}

base::Result<Report> run_compile(const CompileOptions& options) {
  OBSCURA_TRY(const auto compiled, compile_model(options));
  const std::string plan = options.output + ".plan";
  const std::string spec = options.output + ".spec";
  OBSCURA_TRY(auto spec_file, base::AtomicFile::create(spec, base::kPublicMode));
  std::optional<base::AtomicFile> report_file;
  if (!options.report.empty()) {
    OBSCURA_TRY(auto file, base::AtomicFile::create(options.report, base::kPublicMode));
    report_file.emplace(std::move(file));
  }
  OBSCURA_TRY_VOID(spec_file.write(runtime::wire::write_spec(compiled.plan.program, compiled.plan.labels)));
  OBSCURA_TRY_VOID(write_pair(plan, compiled.plan, spec, spec_file));
  Report report = describe(compiled, plan, spec);
  if (report_file) {
    OBSCURA_TRY_VOID(write_report(*report_file, compiled.report, options.model));
    report.text += fmt::format("{}: the report to look at\n", options.report);
    report.figures["report"] = options.report;
  }
  return report;
}

void add_network_options(CLI::App& command, CompileOptions& options) {
  command.add_option("--skip-pass", options.skip_passes, "Leave out a compiler pass; may be given several times")
      ->take_all()
      ->allow_extra_args(false);
  command.add_flag("--approximate-maxpool", options.approximate_maxpool,
                   "Approximate max pooling by polynomials; the report says how many levels it takes");
  command
      .add_option("--min-degree", options.min_degree,
                  "Lowest degree of polynomials that stand for activations; higher is a shorter search")
      ->check(CLI::Range(2, 63));
  command.add_option("--max-degree", options.max_degree, "Highest degree of polynomials that stand for activations")
      ->check(CLI::Range(2, 63));
  command
      .add_option("--flips", options.flips,
                  "Share of inputs whose label those polynomials may change; smaller is slower")
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--margin", options.margin,
                  "How far those polynomials hold beyond the calibrated range, as a share of its extent at each end")
      ->check(CLI::Range(0.0, 4.0));
}

void add_search_options(CLI::App& command, CompileOptions& options) {
  command
      .add_option("--images", options.images,
                  "Images in one request, computed together: less time for each of many, more for a single one")
      ->check(CLI::Range(1, plan::program::kMaxImages));
  command.add_option("--cost", options.cost, "Cost table of the machine that will run the model");
  command.add_option("--security", options.security, "Bits of security")->check(CLI::IsMember({128, 192, 256}));
  command
      .add_option("--seal-with", options.sealing_key,
                  "Key that weights will be sealed under; the public one costs precision and twice the file")
      ->check(CLI::IsMember({"secret", "public"}));
  command
      .add_option("--relative-error", options.relative_error,
                  "Largest predicted standard deviation of a score, relative to the range of scores; smaller is slower")
      ->check(CLI::Range(1e-9, 0.1));
  command
      .add_option("--memory-mb", options.memory_mb,
                  "Most memory that keys and ciphertexts may take in a worker that streams the weights; 0 = no limit")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 40));
  command.add_option("--least-log-n", options.least_log_n, "log2 of the smallest ring degree to try")
      ->check(CLI::Range(11, 16));
  command.add_option("--most-log-n", options.most_log_n, "log2 of the largest ring degree to try")
      ->check(CLI::Range(11, 16));
}

void add_check_options(CLI::App& command, CompileOptions& options) {
  auto* check =
      command
          .add_option("--check", options.check,
                      "Run this many inputs through the clear simulator with the predicted noise and report the labels")
          ->check(CLI::Range(1, 1000000));
  command
      .add_option("--check-inputs", options.check_inputs,
                  "Folder or idx file to take them from (default: what --calibrate names and leaves out)")
      ->needs(check);
  command
      .add_option("--check-labels", options.check_labels,
                  "Right labels of all of those, an idx file or a number a line; to report how many are right")
      ->needs(check);
}

}  // namespace

void add_compile(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<CompileOptions>();
  auto* command = app.add_subcommand("compile", "Turn an ONNX network into a program for encrypted inputs");
  command->add_option("MODEL", options->model, "ONNX file")->required();
  command->add_option("--calibrate", options->calibration, "Folder of typical inputs, or an idx file")->required();
  command->add_option("--calibration-inputs", options->calibration_inputs, "Use at most this many of them")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--input", options->input, "JSON file with scale, mean, std, bgr, resize (default: pixel / 255)");
  command->add_option("--labels", options->labels, "Text file with a class name per line");
  add_network_options(*command, *options);
  add_search_options(*command, *options);
  add_check_options(*command, *options);
  command->add_option("--report", options->report, "HTML file to draw the report into");
  command->add_option("-o,--output", options->output, "NAME of NAME.plan and NAME.spec")->required();
  command->callback([&action, &global, options] {
    action = [&global, options] {
      options->threads = global.engine.threads;
      return run_compile(*options);
    };
  });
}

}  // namespace obscura::apps::cli
