#include "apps/cli/command.hpp"
#include "apps/cli/open_secret.hpp"
#include "apps/cli/release_text.hpp"
#include "base/file.hpp"
#include "deploy/client/open_answer.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace {

struct DecryptOptions {
  std::vector<std::string> answers;
  std::string key;
  std::string releases;
  bool scores = false;
  PassphraseOptions passphrase;
};

base::Result<Report> run_decrypt(const DecryptOptions& options, const Global& global) {
  OBSCURA_TRY(const auto holder, open_key_holder(options.key, options.releases, options.passphrase, global.engine));
  Report report;
  report.figures = {{"answers", nlohmann::json::array()}};
  for (const auto& path : options.answers) {
    OBSCURA_TRY(const auto bytes, base::read_file(path, runtime::wire::kMaxRequestBytes));
    OBSCURA_TRY(const auto releases, deploy::client::open_answers(holder.secret, *holder.count, bytes, path));
    for (auto& figures : figures_of(releases, options.scores)) {
      figures["file"] = path;
      report.figures["answers"].push_back(std::move(figures));
    }
    report.text += text_of(path, releases, holder.secret.content.program.input_packing.images > 1, options.scores);
  }
  return report;
}

}  // namespace

void add_decrypt(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<DecryptOptions>();
  auto* command = app.add_subcommand("decrypt", "Read answers with the secret key");
  command->add_option("ANSWER", options->answers, "Result files")->required();
  command->add_option("--key", options->key, "Secret key file")->required();
  command->add_flag("--scores", options->scores, "Release all scores too, rounded to what the plan guarantees");
  add_releases_option(*command, options->releases);
  add_passphrase_options(*command, options->passphrase, false);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_decrypt(*options, global); }; });
}

}  // namespace obscura::apps::cli
