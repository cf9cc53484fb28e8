#include "apps/program/program.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>

#include "base/forbid_core_dumps.hpp"

namespace obscura::apps::program {
namespace {

using base::ErrorCode;

constexpr int kInternalError = 1;

/// File names need not be UTF-8, JSON must be: what is not is replaced.
void print_json(const nlohmann::json& body) {
  std::cout << body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

/// What a file or a peer says may stand in a message: nothing of it moves the cursor or colours the screen.
std::string printable(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

int print_error(std::string_view program, const base::Error& error, bool json) {
  if (json) {
    print_json({{"error", {{"code", static_cast<int>(error.code)}, {"message", error.message}, {"hint", error.hint}}}});
  }
  std::cerr << program << ": " << printable(error.message) << '\n';
  if (!error.hint.empty()) std::cerr << "  hint: " << printable(error.hint) << '\n';
  return static_cast<int>(error.code);
}

/// Whether --json stands among the arguments, also where they are not understood.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

int run_action(std::string_view program, const Action& action, bool json) {
  const auto report = action();
  if (!report) return print_error(program, report.error(), json);
  if (json && !report->figures.empty()) {
    print_json(report->figures);
  } else {
    std::cout << report->text;
  }
  std::cout.flush();
  if (!std::cout) return print_error(program, {ErrorCode::kIo, "cannot write to standard output", {}}, false);
  return 0;
}

int parse_and_run(int argc, char** argv, const Description& description, const AddCommands& add_commands) {
  CLI::App app{std::string(description.purpose)};
  app.name(std::string(description.name));
  app.set_version_flag("--version", std::string(description.name) + " " OBSCURA_VERSION);
  bool json = false;
  app.add_flag("--json", json, "Print one JSON object with the figures instead of text");
  app.fallthrough();
  app.require_subcommand(1);
  Action action;
  add_commands(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return print_error(description.name, {ErrorCode::kUsage, error.what(), "--help says what is understood"},
                       wants_json(argc, argv));
  }
  return run_action(description.name, action, json);
}

int say_out_of_memory(std::string_view name, bool json) {
  return print_error(name, {ErrorCode::kLimit, "out of memory", "free memory or use a machine with more"}, json);
}

/// What the end of the program has to know, wherever it comes.
struct AtEnd {
  std::string_view name;
  bool json = false;
  std::terminate_handler otherwise = nullptr;
};
AtEnd at_end;

/// Libraries let bad_alloc out of destructors, which ends a program before main() could catch it.
void end() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    const int code = say_out_of_memory(at_end.name, at_end.json);
    std::cout.flush();
    std::_Exit(code);
  } catch (...) {  // the handler from before says what
  }
  at_end.otherwise();
}

}  // namespace

int run_program(int argc, char** argv, const Description& description, const AddCommands& add_commands) {
  at_end = {description.name, wants_json(argc, argv), std::set_terminate(end)};
  try {
    if (const auto forbidden = base::forbid_core_dumps(); !forbidden) {
      return print_error(description.name, forbidden.error(), wants_json(argc, argv));
    }
    return parse_and_run(argc, argv, description, add_commands);
  } catch (const std::bad_alloc&) {
    return say_out_of_memory(at_end.name, at_end.json);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%.*s: internal error: %s\n", static_cast<int>(description.name.size()),
                 description.name.data(), error.what());
    return kInternalError;
  }
}

}  // namespace obscura::apps::program
