#pragma once

#include "apps/program/program.hpp"
#include "fhe/ckks/context.hpp"

namespace obscura::apps::worker {

using program::Action;
using program::Report;

/// What every command may be told.
struct Global {
  fhe::ckks::EngineOptions engine;
};

/// Each command adds itself to the parser and, when chosen, leaves its action in `action`.
void add_run(CLI::App& app, const Global& global, Action& action);
void add_serve(CLI::App& app, const Global& global, Action& action);

/// The most memory that this process has had, in bytes.
[[nodiscard]] double peak_rss_bytes();

}  // namespace obscura::apps::worker
