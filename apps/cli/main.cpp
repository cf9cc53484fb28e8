#include <algorithm>
#include <thread>

#include "apps/cli/command.hpp"

namespace {

using namespace obscura::apps;

void add_commands(CLI::App& app, cli::Global& global, program::Action& action) {
  global.engine.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  app.add_option("--threads", global.engine.threads, "Threads to compute with")->check(CLI::Range(1, 1024));
  app.add_option("--kernels", global.engine.kernels, "Force an instruction set: portable, avx2 or avx512ifma")
      ->envname("OBSCURA_KERNELS");
  cli::add_demo(app, global, action);
  cli::add_identity(app, global, action);
  cli::add_compile(app, global, action);
  cli::add_keygen(app, global, action);
  cli::add_seal(app, global, action);
  cli::add_encrypt(app, global, action);
  cli::add_run(app, global, action);
  cli::add_decrypt(app, global, action);
  cli::add_releases(app, global, action);
  cli::add_evaluate(app, global, action);
  cli::add_inspect(app, global, action);
  cli::add_up(app, global, action);
  cli::add_push(app, global, action);
  cli::add_submit(app, global, action);
  cli::add_status(app, global, action);
  cli::add_canary(app, global, action);
  cli::add_cancel(app, global, action);
  cli::add_bench(app, global, action);
}

}  // namespace

int main(int argc, char** argv) {
  cli::Global global;
  return program::run_program(argc, argv, {"obscura", "Neural networks that nobody but their owners can read"},
                              [&](CLI::App& app, program::Action& action) { add_commands(app, global, action); });
}
