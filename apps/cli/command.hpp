#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.hpp"
#include "fhe/ckks/context.hpp"

namespace obscura::apps::cli {

/// What every command may be told.
struct Global {
  bool json = false;
  fhe::ckks::EngineOptions engine;
};

/// What a command has to say: the text for people, the same as figures for machines; neither, when it has said all
/// while it ran.
struct Report {
  std::string text;
  nlohmann::json figures;
};

/// The command that the user chose, ready to run.
using Action = std::function<base::Result<Report>()>;

/// Each command adds itself to the parser and, when chosen, leaves its action in `action`.
void add_bench(CLI::App& app, const Global& global, Action& action);
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
void add_run(CLI::App& app, const Global& global, Action& action);
void add_seal(CLI::App& app, const Global& global, Action& action);
void add_status(CLI::App& app, const Global& global, Action& action);
void add_submit(CLI::App& app, const Global& global, Action& action);
void add_up(CLI::App& app, const Global& global, Action& action);

}  // namespace obscura::apps::cli
