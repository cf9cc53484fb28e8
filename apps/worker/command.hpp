#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "fhe/ckks/context.hpp"

namespace obscura::apps::worker {

/// What every command may be told.
struct Global {
  bool json = false;
  fhe::ckks::EngineOptions engine;
};

/// The command that the user chose, ready to run; returns its figures.
using Action = std::function<base::Result<nlohmann::json>()>;

/// Each command adds itself to the parser and, when chosen, leaves its action in `action`.
void add_run(CLI::App& app, const Global& global, Action& action);
void add_serve(CLI::App& app, const Global& global, Action& action);

/// The most memory that this process has had, in bytes.
[[nodiscard]] double peak_rss_bytes();

}  // namespace obscura::apps::worker
