#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>
#include <thread>

#include "apps/worker/command.hpp"

namespace {

using namespace obscura;
using apps::worker::Action;
using apps::worker::Global;

constexpr int kInternalError = 1;

/// Whether --json stands among the arguments, also where they are not understood.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

/// File names need not be UTF-8, JSON must be: what is not is replaced.
void print_json(const nlohmann::json& body) {
  std::cout << body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int print_error(const base::Error& error, bool json) {
  if (json) {
    const nlohmann::json body = {
        {"error", {{"code", static_cast<int>(error.code)}, {"message", error.message}, {"hint", error.hint}}}};
    print_json(body);
  }
  std::cerr << "obscura-worker: " << error.message << '\n';
  if (!error.hint.empty()) std::cerr << "  hint: " << error.hint << '\n';
  return static_cast<int>(error.code);
}

int run_program(int argc, char** argv) {
  CLI::App app{"Computes on encrypted requests with sealed models; holds no code that decrypts"};
  app.name("obscura-worker");
  Global global;
  global.engine.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  app.set_version_flag("--version", "obscura-worker " OBSCURA_VERSION);
  app.add_flag("--json", global.json, "Print one JSON object with the figures");
  app.add_option("--threads", global.engine.threads, "Threads to compute with")->check(CLI::Range(1, 1024));
  app.add_option("--kernels", global.engine.kernels, "Force an instruction set: portable, avx2 or avx512ifma")
      ->envname("OBSCURA_KERNELS");
  app.fallthrough();
  app.require_subcommand(1);
  Action action;
  apps::worker::add_run(app, global, action);
  apps::worker::add_serve(app, global, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return print_error({base::ErrorCode::kUsage, error.what(), "--help says what is understood"},
                       wants_json(argc, argv));
  }
  const auto figures = action();
  if (!figures) return print_error(figures.error(), global.json);
  if (global.json) print_json(*figures);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_program(argc, argv);
  } catch (const std::bad_alloc&) {
    return print_error({base::ErrorCode::kLimit, "out of memory", "free memory or use a machine with more"},
                       wants_json(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "obscura-worker: internal error: %s\n", error.what());
    return kInternalError;
  }
}
