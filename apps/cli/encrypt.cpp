#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <span>

#include "apps/cli/command.hpp"
#include "apps/cli/output_names.hpp"
#include "apps/cli/progress.hpp"
#include "base/file.hpp"
#include "deploy/client/read_input.hpp"
#include "deploy/client/request_writer.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace {

struct EncryptOptions {
  std::vector<std::string> inputs;
  std::string key;
  std::string output;
  std::string folder;
};

using Inputs = std::span<const std::string>;

/// One input gives 3.ct, several give 3_to_7.ct: the first and the last.
std::string request_name(Inputs inputs) {
  const std::string first = stem_of(inputs.front());
  return (inputs.size() == 1 ? first : first + "_to_" + stem_of(inputs.back())) + ".ct";
}

/// A request and the inputs that it holds.
struct Job {
  Inputs inputs;
  std::string output;
};

/// As many inputs in a request as it holds, in their order.
base::Result<std::vector<Job>> plan_jobs(const EncryptOptions& options, std::size_t images) {
  const Inputs inputs(options.inputs);
  if (options.output.empty() == options.folder.empty() || (!options.output.empty() && inputs.size() > images)) {
    return base::fail(base::ErrorCode::kUsage,
                      fmt::format("say where requests go: -o FILE for {}, --out-dir FOLDER for more",
                                  images == 1 ? "one input" : fmt::format("up to {} inputs", images)),
                      "give exactly one of the two");
  }
  if (!options.output.empty()) return std::vector<Job>{{inputs, options.output}};
  std::vector<Job> jobs;
  std::set<std::string> seen;
  for (std::size_t first = 0; first < inputs.size(); first += images) {
    const Inputs some = inputs.subspan(first, std::min(images, inputs.size() - first));
    jobs.push_back({some, (std::filesystem::path(options.folder) / request_name(some)).string()});
    if (!seen.insert(jobs.back().output).second) {
      return base::fail(base::ErrorCode::kUsage, "two inputs would give one request file: " + jobs.back().output,
                        "encrypt them into different folders");
    }
  }
  return jobs;
}

base::Result<std::vector<std::uint8_t>> encrypt(const deploy::client::RequestWriter& writer, Inputs inputs) {
  std::vector<std::vector<float>> tensors;
  for (const std::string& input : inputs) {
    OBSCURA_TRY(tensors.emplace_back(), deploy::client::read_input(input, writer.form().input_spec));
  }
  const std::vector<std::span<const float>> views(tensors.begin(), tensors.end());
  return writer.write(views);
}

base::Result<Report> run_encrypt(const EncryptOptions& options, const Global& global) {
  OBSCURA_TRY(const auto bytes, base::read_file(options.key, runtime::wire::kMaxPublicKeyBytes));
  OBSCURA_TRY(const auto writer, deploy::client::RequestWriter::open(bytes, options.key, global.engine));
  OBSCURA_TRY(const auto jobs, plan_jobs(options, static_cast<std::size_t>(writer.images())));
  Progress progress("encrypting", jobs.size());
  Report report;
  report.figures = {
      {"requests", nlohmann::json::array()}, {"inputs", nlohmann::json::array()}, {"images", writer.images()}};
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    OBSCURA_TRY(const auto request, encrypt(writer, jobs[i].inputs));
    OBSCURA_TRY_VOID(base::write_file_atomically(jobs[i].output, request));
    progress.update(i + 1);
    report.figures["requests"].push_back(jobs[i].output);
    report.figures["inputs"].push_back(jobs[i].inputs);
    report.figures["input_ciphertext_bytes"] = request.size();
    report.text += fmt::format("{}: encrypted{}\n", jobs[i].output,
                               writer.images() == 1 ? "" : fmt::format(" {}", fmt::join(jobs[i].inputs, " ")));
  }
  return report;
}

}  // namespace

void add_encrypt(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<EncryptOptions>();
  auto* command = app.add_subcommand("encrypt", "Encrypt inputs under a public key");
  command
      ->add_option("INPUT", options->inputs,
                   "Image (PNG, JPEG, PGM, PPM), .npy, .csv, or FILE:N for image N of an idx file")
      ->required();
  command->add_option("--key", options->key, "Public key file")->required();
  command->add_option("-o,--output", options->output, "Request file, for as many inputs as a request holds");
  command->add_option("--out-dir", options->folder, "Folder for requests, each of as many inputs as it holds");
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_encrypt(*options, global); }; });
}

}  // namespace obscura::apps::cli
