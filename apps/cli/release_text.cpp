#include "apps/cli/release_text.hpp"

#include <fmt/format.h>

namespace obscura::apps::cli {

namespace {

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

}  // namespace

std::string text_of(const deploy::client::Release& release, bool scores) {
  std::string text = fmt::format("{}, margin {}{}\n", release.name, release.margin, remark(release));
  if (scores) text += scores_text(release);
  return text;
}

nlohmann::json figures_of(const deploy::client::Release& release, bool scores) {
  nlohmann::json figures = {{"label", release.label},     {"name", release.name},         {"margin", release.margin},
                            {"decided", release.decided}, {"in_range", release.in_range}, {"rounded_to", release.step}};
  if (scores) figures["scores"] = release.scores;
  if (!scores || !has_more(release)) return figures;
  figures["outputs"] = nlohmann::json::array();
  for (const auto& output : release.outputs) {
    figures["outputs"].push_back({{"name", output.name}, {"values", output.values}});
  }
  return figures;
}

std::string text_of(const std::string& name, std::span<const deploy::client::Release> releases, bool is_numbered,
                    bool scores) {
  std::string text;
  for (std::size_t i = 0; i < releases.size(); ++i) {
    text += fmt::format("{}{}: {}", name, is_numbered ? fmt::format("[{}]", i) : "", text_of(releases[i], scores));
  }
  return text;
}

nlohmann::json figures_of(std::span<const deploy::client::Release> releases, bool scores) {
  nlohmann::json all = nlohmann::json::array();
  for (const auto& release : releases) {
    nlohmann::json figures = figures_of(release, scores);
    figures["image"] = all.size();
    all.push_back(std::move(figures));
  }
  return all;
}

}  // namespace obscura::apps::cli
