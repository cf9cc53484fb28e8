#pragma once

#include "apps/program/program.hpp"
#include "fhe/ckks/context.hpp"

namespace obscura::apps::cli {

using program::Action;
using program::Report;

/// What every command may be told.
struct Global {
  fhe::ckks::EngineOptions engine;
};

/// Each command adds itself to the parser and, when chosen, leaves its action in `action`.
void add_bench(CLI::App& app, const Global& global, Action& action);
void add_canary(CLI::App& app, const Global& global, Action& action);
void add_cancel(CLI::App& app, const Global& global, Action& action);
void add_compile(CLI::App& app, const Global& global, Action& action);
void add_decrypt(CLI::App& app, const Global& global, Action& action);
void add_demo(CLI::App& app, const Global& global, Action& action);
void add_encrypt(CLI::App& app, const Global& global, Action& action);
void add_evaluate(CLI::App& app, const Global& global, Action& action);
void add_identity(CLI::App& app, const Global& global, Action& action);
void add_inspect(CLI::App& app, const Global& global, Action& action);
void add_keygen(CLI::App& app, const Global& global, Action& action);
void add_push(CLI::App& app, const Global& global, Action& action);
void add_releases(CLI::App& app, const Global& global, Action& action);
void add_run(CLI::App& app, const Global& global, Action& action);
void add_seal(CLI::App& app, const Global& global, Action& action);
void add_status(CLI::App& app, const Global& global, Action& action);
void add_submit(CLI::App& app, const Global& global, Action& action);
void add_up(CLI::App& app, const Global& global, Action& action);

}  // namespace obscura::apps::cli
