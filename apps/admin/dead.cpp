#include <fmt/format.h>

#include "apps/admin/command.hpp"
#include "apps/admin/dead_letters.hpp"
#include "deploy/net/site.hpp"

namespace obscura::apps::admin {

namespace {

namespace net = deploy::net;

constexpr std::size_t kMostWaiting = 1000;

struct DeadOptions {
  std::string site;
  std::string dead;
};

void add_letter(Report& report, const nlohmann::json& letter, const char* list) {
  report.figures[list].push_back(letter);
  if (!letter.contains("job")) {
    report.text += fmt::format("a line that cannot be read: {}\n", letter.value("unreadable", ""));
    return;
  }
  report.text += fmt::format(
      "{}job {}, step {}: {} after {} deliveries\n",
      letter.contains("time") ? letter["time"].get<std::string>() + " " : "not answered yet: ", letter.value("job", ""),
      letter.value("step", ""), letter.value("cause", ""), letter.value("deliveries", 0));
}

base::Result<Report> run_dead(const DeadOptions& options) {
  net::SystemClock clock;
  OBSCURA_TRY(auto site, net::open_site(options.site, clock));
  if (options.dead.empty() && site.folder.empty()) {
    return base::fail(base::ErrorCode::kUsage, "say where dead letters are kept", "add --dead FILE");
  }
  Report report;
  report.figures = {{"dead", nlohmann::json::array()}, {"waiting", nlohmann::json::array()}};
  OBSCURA_TRY(const auto letters,
              DeadLetters(options.dead.empty() ? site.folder + "/dead.jsonl" : options.dead).read());
  for (const auto& letter : letters) add_letter(report, letter, "dead");
  OBSCURA_TRY(const auto orphans, site.queue->orphans(kMostWaiting));
  for (const net::Orphan& orphan : orphans) add_letter(report, letter_of(orphan), "waiting");
  if (report.text.empty()) report.text = "no dead letters\n";
  return report;
}

}  // namespace

void add_dead(CLI::App& app, Action& action) {
  auto options = std::make_shared<DeadOptions>();
  auto* command = app.add_subcommand("dead", "Jobs that no worker could end, and who had a hand in them");
  command->add_option("--site", options->site, "The site: its folder, or the administrator's site file")->required();
  command->add_option("--dead", options->dead, "File of dead letters; left out: dead.jsonl of the site");
  command->callback([&action, options] { action = [options] { return run_dead(*options); }; });
}

}  // namespace obscura::apps::admin
