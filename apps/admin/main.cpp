#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>

#include "apps/admin/command.hpp"

namespace {

using obscura::apps::admin::Action;
using obscura::apps::admin::Global;
using obscura::base::Error;
using obscura::base::ErrorCode;

constexpr int kInternalError = 1;

/// File names need not be UTF-8, JSON must be: what is not is replaced.
void print_json(const nlohmann::json& body) {
  std::cout << body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int print_error(const Error& error, bool json) {
  if (json) {
    const nlohmann::json body = {
        {"error", {{"code", static_cast<int>(error.code)}, {"message", error.message}, {"hint", error.hint}}}};
    print_json(body);
  }
  std::cerr << "obscura-admin: " << error.message << '\n';
  if (!error.hint.empty()) std::cerr << "  hint: " << error.hint << '\n';
  return static_cast<int>(error.code);
}

/// Whether --json stands among the arguments, also where they are not understood.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

int run_action(const Action& action, const Global& global) {
  const auto report = action();
  if (!report) return print_error(report.error(), global.json);
  if (global.json && !report->figures.is_null()) {
    print_json(report->figures);
  } else {
    std::cout << report->text;
  }
  std::cout.flush();
  if (!std::cout) return print_error({ErrorCode::kIo, "cannot write to standard output", {}}, false);
  return 0;
}

void add_global_options(CLI::App& app, Global& global) {
  app.set_version_flag("--version", "obscura-admin " OBSCURA_VERSION);
  app.add_flag("--json", global.json, "Print one JSON object with the figures instead of text");
  app.fallthrough();
  app.require_subcommand(1);
}

int run_program(int argc, char** argv) {
  CLI::App app{"Looks after a site where encrypted jobs are done"};
  app.name("obscura-admin");
  Global global;
  Action action;
  add_global_options(app, global);
  obscura::apps::admin::add_serve(app, global, action);
  obscura::apps::admin::add_dead(app, global, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return print_error({ErrorCode::kUsage, error.what(), "--help says what is understood"}, wants_json(argc, argv));
  }
  return run_action(action, global);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_program(argc, argv);
  } catch (const std::bad_alloc&) {
    return print_error({ErrorCode::kLimit, "out of memory", "free memory or use a machine with more"},
                       wants_json(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "obscura-admin: internal error: %s\n", error.what());
    return kInternalError;
  }
}
