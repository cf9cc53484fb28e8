#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

// What the programs have in common: commands, --json, errors as one sentence, exit codes (docs/guide/errors.md).

namespace obscura::apps::program {

/// What a command has to say: the text for people, the same as figures for machines.
struct Report {
  std::string text;
  /// Never null on the way: the library cannot undo a null that becomes an object or a list halfway, for want of
  /// memory.
  nlohmann::json figures = nlohmann::json::object();
};

/// The command that the user chose, ready to run.
using Action = std::function<base::Result<Report>()>;

struct Description {
  std::string_view name;     ///< of the program, as messages begin
  std::string_view purpose;  ///< one line of --help
};

/// Adds options and commands to the parser. A command leaves its action in `action` when it is chosen.
using AddCommands = std::function<void(CLI::App& app, Action& action)>;

/// The main function: parses the arguments, runs the one command that they name, and prints what it says, or why not,
/// on standard output and standard error. Returns the exit code. Also catches what libraries throw. Before anything
/// else it forbids core dumps: each of the programs holds something secret.
[[nodiscard]] int run_program(int argc, char** argv, const Description& description, const AddCommands& add_commands);

}  // namespace obscura::apps::program
