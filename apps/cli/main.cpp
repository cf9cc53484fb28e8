#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>
#include <thread>

#include "apps/cli/command.hpp"

namespace {

using obscura::apps::cli::Action;
using obscura::apps::cli::Global;
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
  std::cerr << "obscura: " << error.message << '\n';
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
  app.set_version_flag("--version", "obscura " OBSCURA_VERSION);
  app.add_flag("--json", global.json, "Print one JSON object with the figures instead of text");
  app.add_option("--threads", global.engine.threads, "Threads to compute with")->check(CLI::Range(1, 1024));
  app.add_option("--kernels", global.engine.kernels, "Force an instruction set: portable, avx2 or avx512ifma")
      ->envname("OBSCURA_KERNELS");
  app.fallthrough();
  app.require_subcommand(1);
}

int run_program(int argc, char** argv) {
  CLI::App app{"Neural networks that nobody but their owners can read"};
  app.name("obscura");
  Global global;
  global.engine.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  Action action;
  add_global_options(app, global);
  obscura::apps::cli::add_demo(app, global, action);
  obscura::apps::cli::add_identity(app, global, action);
  obscura::apps::cli::add_compile(app, global, action);
  obscura::apps::cli::add_keygen(app, global, action);
  obscura::apps::cli::add_seal(app, global, action);
  obscura::apps::cli::add_encrypt(app, global, action);
  obscura::apps::cli::add_run(app, global, action);
  obscura::apps::cli::add_decrypt(app, global, action);
  obscura::apps::cli::add_evaluate(app, global, action);
  obscura::apps::cli::add_inspect(app, global, action);
  obscura::apps::cli::add_up(app, global, action);
  obscura::apps::cli::add_push(app, global, action);
  obscura::apps::cli::add_submit(app, global, action);
  obscura::apps::cli::add_status(app, global, action);
  obscura::apps::cli::add_cancel(app, global, action);
  obscura::apps::cli::add_bench(app, global, action);
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
    std::fprintf(stderr, "obscura: internal error: %s\n", error.what());
    return kInternalError;
  }
}
