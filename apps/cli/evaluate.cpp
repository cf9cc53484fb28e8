#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/cli/command.hpp"
#include "apps/cli/input_form.hpp"
#include "apps/cli/progress.hpp"
#include "compiler/compile/reference.hpp"
#include "deploy/client/read_input.hpp"

namespace obscura::apps::cli {

namespace {

struct EvaluateOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::string form;
};

base::Result<Report> run_evaluate(const EvaluateOptions& options) {
  OBSCURA_TRY(const auto reference, compiler::compile::Reference::open(options.model));
  OBSCURA_TRY(const auto form, read_input_form(reference.input_dims(), options.form));
  Report report;
  report.figures["answers"] = nlohmann::json::array();
  Progress progress("evaluating", options.inputs.size());
  for (std::size_t i = 0; i < options.inputs.size(); ++i) {
    OBSCURA_TRY(const auto tensor, deploy::client::read_input(options.inputs[i], form));
    OBSCURA_TRY(const auto scores, reference.scores(tensor));
    const auto first = scores.begin() + static_cast<std::ptrdiff_t>(reference.first_output());
    const auto label = std::max_element(scores.begin(), first) - scores.begin();
    report.figures["answers"].push_back({{"file", options.inputs[i]}, {"label", label}, {"scores", scores}});
    report.text += fmt::format("{}: {}  scores {:.4g}\n", options.inputs[i], label, fmt::join(scores, " "));
    progress.update(i + 1);
  }
  return report;
}

}  // namespace

void add_evaluate(CLI::App& app, const Global&, Action& action) {
  auto options = std::make_shared<EvaluateOptions>();
  auto* command =
      app.add_subcommand("evaluate", "What the float network says in the clear, to hold encrypted answers against");
  command->add_option("MODEL", options->model, "ONNX file")->required();
  command
      ->add_option("INPUT", options->inputs,
                   "Image (PNG, JPEG, PGM, PPM), .npy, .csv, or FILE:N for image N of an idx file")
      ->required();
  command->add_option("--input", options->form, "JSON file with scale, mean, std, bgr, resize (default: pixel / 255)");
  command->callback([&action, options] { action = [options] { return run_evaluate(*options); }; });
}

}  // namespace obscura::apps::cli
