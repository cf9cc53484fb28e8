#include "compiler/compile/compile.hpp"

#include <fmt/format.h>

#include <sstream>

#include "apps/cli/command.hpp"
#include "apps/cli/input_form.hpp"
#include "base/file.hpp"
#include "compiler/compile/calibration.hpp"
#include "compiler/compile/reference.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/spec_file.hpp"

namespace obscura::apps::cli {

namespace {

namespace compile = compiler::compile;

constexpr std::uint64_t kMaxLabelFile = 1 << 24;
constexpr std::uint64_t kMaxCostFile = 1 << 20;

struct Options {
  std::string model;
  std::string calibration;
  std::string input;
  std::string labels;
  std::string cost;
  std::string output;
  int security = 128;
  std::string sealing_key = "secret";
  double relative_error = compile::CompileOptions{}.most_relative_sd;
  std::size_t calibration_inputs = 64;
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

base::Result<compile::CompileRequest> make_request(const Options& options) {
  OBSCURA_TRY(const auto reference, compile::Reference::open(options.model));
  compile::CompileRequest request;
  OBSCURA_TRY(request.input, read_input_form(reference.input_dims(), options.input));
  OBSCURA_TRY(request.labels, read_labels(options.labels));
  OBSCURA_TRY(request.calibration,
              compile::read_calibration(options.calibration, request.input, options.calibration_inputs));
  request.options.security = static_cast<fhe::params::Security>(options.security);
  request.options.sealing_key =
      options.sealing_key == "public" ? plan::program::SealingKey::kPublic : plan::program::SealingKey::kSecret;
  request.options.most_relative_sd = options.relative_error;
  if (!options.cost.empty()) {
    OBSCURA_TRY(const auto text, read_text(options.cost, kMaxCostFile));
    OBSCURA_TRY(request.options.cost, compiler::place::parse_cost_table(text));
  }
  return request;
}

base::Result<Report> run_compile(const Options& options) {
  OBSCURA_TRY(const auto request, make_request(options));
  OBSCURA_TRY(const auto compiled, compile::compile_onnx(options.model, request));
  const std::string plan = options.output + ".plan";
  const std::string spec = options.output + ".spec";
  OBSCURA_TRY(auto spec_file, base::AtomicFile::create(spec, base::kPublicMode));
  OBSCURA_TRY_VOID(spec_file.write(runtime::wire::write_spec(compiled.plan.program, compiled.plan.labels)));
  OBSCURA_TRY_VOID(plan::weights::write_plan_file(plan, compiled.plan));
  OBSCURA_TRY_VOID(spec_file.commit());
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

}  // namespace

void add_compile(CLI::App& app, const Global&, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("compile", "Turn an ONNX network into a program for encrypted inputs");
  command->add_option("MODEL", options->model, "ONNX file")->required();
  command->add_option("--calibrate", options->calibration, "Folder of typical inputs, or an idx file")->required();
  command->add_option("--calibration-inputs", options->calibration_inputs, "Use at most this many of them")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--input", options->input, "JSON file with scale, mean, std, bgr, resize (default: pixel / 255)");
  command->add_option("--labels", options->labels, "Text file with a class name per line");
  command->add_option("--cost", options->cost, "Cost table of the machine that will run the model");
  command->add_option("--security", options->security, "Bits of security")->check(CLI::IsMember({128, 192, 256}));
  command
      ->add_option("--seal-with", options->sealing_key,
                   "Key that weights will be sealed under; the public one costs precision and twice the file")
      ->check(CLI::IsMember({"secret", "public"}));
  command
      ->add_option(
          "--relative-error", options->relative_error,
          "Largest predicted standard deviation of a score, relative to the range of scores; smaller is slower")
      ->check(CLI::Range(1e-9, 0.1));
  command->add_option("-o,--output", options->output, "NAME of NAME.plan and NAME.spec")->required();
  command->callback([&action, options] { action = [options] { return run_compile(*options); }; });
}

}  // namespace obscura::apps::cli
