#include <algorithm>
#include <thread>

#include "apps/worker/command.hpp"

namespace {

using namespace obscura::apps;

void add_commands(CLI::App& app, worker::Global& global, program::Action& action) {
  global.engine.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  app.add_option("--threads", global.engine.threads, "Threads to compute with")->check(CLI::Range(1, 1024));
  app.add_option("--kernels", global.engine.kernels, "Force an instruction set: portable, avx2 or avx512ifma")
      ->envname("OBSCURA_KERNELS");
  worker::add_run(app, global, action);
  worker::add_serve(app, global, action);
}

}  // namespace

int main(int argc, char** argv) {
  worker::Global global;
  return program::run_program(
      argc, argv, {"obscura-worker", "Computes on encrypted requests with sealed models; holds no code that decrypts"},
      [&](CLI::App& app, program::Action& action) { add_commands(app, global, action); });
}
