#pragma once

#include "apps/program/program.hpp"

namespace obscura::apps::admin {

using program::Action;
using program::Report;

/// Each command adds itself to the parser and, when chosen, leaves its action in `action`.
void add_accounts(CLI::App& app, Action& action);
void add_dead(CLI::App& app, Action& action);
void add_nkey(CLI::App& app, Action& action);
void add_revoke(CLI::App& app, Action& action);
void add_serve(CLI::App& app, Action& action);
void add_streams(CLI::App& app, Action& action);

}  // namespace obscura::apps::admin
