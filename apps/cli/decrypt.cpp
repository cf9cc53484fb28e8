#include <fmt/format.h>

#include "apps/cli/command.hpp"
#include "apps/cli/open_secret.hpp"
#include "base/file.hpp"
#include "deploy/client/open_answer.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace {

struct Options {
  std::vector<std::string> answers;
  std::string key;
  bool scores = false;
  PassphraseOptions passphrase;
};

std::string remark(const deploy::client::Release& release) {
  if (!release.in_range) return "  (scores beyond the calibrated range: the stated error does not hold)";
  if (!release.decided) return "  (margin within the error: undecided)";
  return {};
}

/// Whether the outputs say more than the scores of the first.
bool has_more(const deploy::client::Release& release) {
  return release.outputs.size() > 1 || release.outputs.front().finish != plan::program::Finish::kNone;
}

std::string scores_text(const deploy::client::Release& release) {
  std::string text = fmt::format("  scores {}\n", fmt::join(release.scores, " "));
  if (!has_more(release)) return text;
  for (const auto& output : release.outputs) {
    text += fmt::format("  {}: {}\n", output.name, fmt::join(output.values, " "));
  }
  return text;
}

nlohmann::json figures_of(const std::string& path, std::size_t image, const deploy::client::Release& release,
                          bool scores) {
  nlohmann::json figures = {{"file", path},
                            {"image", image},
                            {"label", release.label},
                            {"name", release.name},
                            {"margin", release.margin},
                            {"decided", release.decided},
                            {"in_range", release.in_range},
                            {"rounded_to", release.step}};
  if (scores) figures["scores"] = release.scores;
  if (!scores || !has_more(release)) return figures;
  for (const auto& output : release.outputs) {
    figures["outputs"].push_back({{"name", output.name}, {"values", output.values}});
  }
  return figures;
}

/// Answers of several images are numbered from 0, in the order in which they were encrypted.
void add_answers(const std::string& path, const std::vector<deploy::client::Release>& releases, bool is_numbered,
                 bool scores, Report& report) {
  for (std::size_t i = 0; i < releases.size(); ++i) {
    const deploy::client::Release& release = releases[i];
    report.figures["answers"].push_back(figures_of(path, i, release, scores));
    report.text += fmt::format("{}{}: {}, margin {}{}\n", path, is_numbered ? fmt::format("[{}]", i) : "", release.name,
                               release.margin, remark(release));
    if (scores) report.text += scores_text(release);
  }
}

base::Result<Report> run_decrypt(const Options& options, const Global& global) {
  OBSCURA_TRY(const auto open, open_secret(options.key, options.passphrase, global.engine));
  Report report;
  report.figures = {{"answers", nlohmann::json::array()}};
  for (const auto& path : options.answers) {
    OBSCURA_TRY(const auto bytes, base::read_file(path, runtime::wire::kMaxRequestBytes));
    OBSCURA_TRY(const auto releases, deploy::client::open_answers(open, bytes, path));
    add_answers(path, releases, open.content.program.input_packing.images > 1, options.scores, report);
  }
  return report;
}

}  // namespace

void add_decrypt(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("decrypt", "Read answers with the secret key");
  command->add_option("ANSWER", options->answers, "Result files")->required();
  command->add_option("--key", options->key, "Secret key file")->required();
  command->add_flag("--scores", options->scores, "Release all scores too, rounded to what the plan guarantees");
  add_passphrase_options(*command, options->passphrase, false);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_decrypt(*options, global); }; });
}

}  // namespace obscura::apps::cli
