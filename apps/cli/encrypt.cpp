#include <fmt/format.h>

#include "apps/cli/command.hpp"
#include "apps/cli/output_names.hpp"
#include "apps/cli/progress.hpp"
#include "base/file.hpp"
#include "deploy/client/read_input.hpp"
#include "deploy/client/request_writer.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace {

struct Options {
  std::vector<std::string> inputs;
  std::string key;
  std::string output;
  std::string folder;
};

base::Result<Report> run_encrypt(const Options& options, const Global& global) {
  OBSCURA_TRY(const auto outputs, output_paths(options.inputs, options.output, options.folder, ".ct", "request"));
  OBSCURA_TRY(const auto bytes, base::read_file(options.key, runtime::wire::kMaxPublicKeyBytes));
  OBSCURA_TRY(const auto writer, deploy::client::RequestWriter::open(bytes, options.key, global.engine));
  Progress progress("encrypting", outputs.size());
  std::uintmax_t request_bytes = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    OBSCURA_TRY(const auto tensor, deploy::client::read_input(options.inputs[i], writer.form().input_spec));
    OBSCURA_TRY(const auto request, writer.write(tensor));
    request_bytes = request.size();
    OBSCURA_TRY_VOID(base::write_file_atomically(outputs[i], request));
    progress.update(i + 1);
  }
  Report report;
  report.figures = {{"requests", outputs}, {"input_ciphertext_bytes", request_bytes}};
  for (const auto& path : outputs) report.text += fmt::format("{}: encrypted\n", path);
  return report;
}

}  // namespace

void add_encrypt(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("encrypt", "Encrypt inputs under a public key");
  command
      ->add_option("INPUT", options->inputs,
                   "Image (PNG, JPEG, PGM, PPM), .npy, .csv, or FILE:N for image N of an idx file")
      ->required();
  command->add_option("--key", options->key, "Public key file")->required();
  command->add_option("-o,--output", options->output, "Request file, for one input");
  command->add_option("--out-dir", options->folder, "Folder for requests");
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_encrypt(*options, global); }; });
}

}  // namespace obscura::apps::cli
