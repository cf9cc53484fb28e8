#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.hpp"

namespace obscura::apps::admin {

/// What every command may be told.
struct Global {
  bool json = false;
};

/// What a command has to say: text for people, the same as figures for machines; neither, if it said all while it ran.
struct Report {
  std::string text;
  nlohmann::json figures;
};

/// The command that the user chose, ready to run.
using Action = std::function<base::Result<Report>()>;

/// Each command adds itself to the parser and, when chosen, leaves its action in `action`.
void add_dead(CLI::App& app, const Global& global, Action& action);
void add_serve(CLI::App& app, const Global& global, Action& action);

}  // namespace obscura::apps::admin
