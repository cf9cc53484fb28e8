#include "apps/cli/demo_story.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "apps/cli/child.hpp"

namespace obscura::apps::cli {

namespace fs = std::filesystem;
using nlohmann::json;

base::Result<Scratch> Scratch::create() {
  std::string name = (fs::temp_directory_path() / "obscura-demo-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    return base::fail(base::ErrorCode::kIo, "cannot make a temporary folder",
                      "set TMPDIR to a folder you may write to");
  }
  return Scratch(name);
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string Scratch::path(const std::string& name) const {
  return (fs::path(folder_) / name).string();
}

Story::Story(const Scratch& scratch, std::string obscura, std::string worker, const Global& global)
    : scratch_(&scratch),
      obscura_(std::move(obscura)),
      worker_(std::move(worker)),
      threads_(std::to_string(global.engine.threads)),
      kernels_(global.engine.kernels) {}

base::Result<Story> Story::open(const Scratch& scratch, const Global& global) {
  OBSCURA_TRY(const auto worker, sibling_program("obscura-worker"));
  OBSCURA_TRY(const auto own, sibling_program("obscura"));
  return Story(scratch, own, worker, global);
}

base::Result<void> Story::prepare(const std::string& model, const std::string& calibration, int security,
                                  bool in_stages) const {
  OBSCURA_TRY_VOID(step(obscura_, {"identity", "new", "-o", path("vendor"), "--name", "demo vendor"}));
  OBSCURA_TRY_VOID(step(obscura_, {"compile", model, "--calibrate", calibration, "--security", std::to_string(security),
                                   "-o", path("model")}));
  OBSCURA_TRY_VOID(step(obscura_, {"keygen", path("model.spec"), "--unprotected", "-o", path("keys")}));
  std::vector<std::string> seal{"seal",   path("model.plan"), "--key", path("keys/secret"),
                                "--sign", path("vendor"),     "-o",    path("model.sealed")};
  if (in_stages) seal.insert(seal.end(), {"--stages", std::to_string(kDemoStages), "--whole"});
  OBSCURA_TRY_VOID(step(obscura_, seal));
  return {};
}

base::Result<json> Story::encrypt(const std::vector<std::string>& images) const {
  std::vector<std::string> words{"encrypt", "--key", path("keys/public"), "--out-dir", path("requests")};
  words.insert(words.end(), images.begin(), images.end());
  return step(obscura_, words);
}

base::Result<double> Story::cold_ms(const std::string& request) const {
  const auto start = std::chrono::steady_clock::now();
  OBSCURA_TRY_VOID(run_worker({request}, {"-o", path("cold.result")}));
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

base::Result<json> Story::compute(const std::vector<std::string>& requests) const {
  return run_worker(requests, {"--out-dir", path("results"), "--warm-ups", std::to_string(kWarmUps)});
}

base::Result<json> Story::push(const std::string& site) const {
  return step(obscura_, {"push", path("model.manifest"), "--eval-keys", path("keys/eval"), "--site", site});
}

std::vector<std::string> Story::engine_words() const {
  std::vector<std::string> words{"--threads", threads_};
  if (!kernels_.empty()) words.insert(words.end(), {"--kernels", kernels_});
  return words;
}

/// The worker is told of the sealed model, the evaluation keys and whom to trust: of no secret key.
base::Result<json> Story::run_worker(const std::vector<std::string>& requests,
                                     const std::vector<std::string>& more) const {
  std::vector<std::string> words{"run",     path("model.sealed"), "--eval-keys", path("keys/eval"),
                                 "--trust", path("vendor.pub")};
  words.insert(words.end(), more.begin(), more.end());
  words.insert(words.end(), requests.begin(), requests.end());
  return step(worker_, words);
}

base::Result<json> Story::step(const std::string& program, const std::vector<std::string>& words) const {
  std::vector<std::string> command{program, "--json"};
  const auto engine = engine_words();
  command.insert(command.end(), engine.begin(), engine.end());
  command.insert(command.end(), words.begin(), words.end());
  OBSCURA_TRY(const std::string text, run_child(command));
  json figures = json::parse(text, nullptr, false);
  if (!figures.is_discarded()) return figures;
  return base::fail(base::ErrorCode::kCorrupt, program + " printed something that is not JSON", "please report this");
}

}  // namespace obscura::apps::cli
