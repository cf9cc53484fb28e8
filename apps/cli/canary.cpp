#include "deploy/submit/canary.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "apps/cli/command.hpp"
#include "apps/cli/progress.hpp"
#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "deploy/client/read_input.hpp"
#include "deploy/client/request_writer.hpp"
#include "deploy/worker/answer_model.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::apps::cli {

namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using deploy::submit::Canary;

struct CanaryOptions {
  std::vector<std::string> inputs;
  std::string key;
  runtime::session::ModelFiles files;
  std::vector<std::string> trust;
  std::string folder;
  std::size_t each = 1;
};

/// A folder for requests and results on their way, gone with the object.
class Workplace {
 public:
  explicit Workplace(const std::string& folder) : path_(fmt::format("{}/making.{}", folder, ::getpid())) {}
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  base::Result<void> create() const {
    std::error_code error;
    fs::create_directories(path_, error);
    if (!error) fs::permissions(path_, fs::perms::owner_all, error);
    if (!error) return {};
    return base::fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", path_, error.message()));
  }
  [[nodiscard]] std::string file(std::size_t number, const char* extension) const {
    return fmt::format("{}/{}{}", path_, number, extension);
  }

 private:
  std::string path_;
};

/// Each input `each` times: encryption is random, so every request is a new one.
base::Result<std::vector<Canary>> encrypt(const CanaryOptions& options, const Global& global) {
  OBSCURA_TRY(const auto bytes, base::read_file(options.key, runtime::wire::kMaxPublicKeyBytes));
  OBSCURA_TRY(const auto writer, deploy::client::RequestWriter::open(bytes, options.key, global.engine));
  OBSCURA_TRY(const auto model, deploy::net::name_blob(options.files.sealed_model));
  OBSCURA_TRY(const auto keys, deploy::net::name_blob(options.files.evaluation_keys));
  std::vector<Canary> canaries;
  for (const std::string& input : options.inputs) {
    OBSCURA_TRY(const auto tensor, deploy::client::read_input(input, writer.form().input_spec));
    for (std::size_t i = 0; i < options.each; ++i) {
      OBSCURA_TRY(auto request, writer.write(tensor));
      canaries.push_back({.model = model, .eval_keys = keys, .request = std::move(request), .made = {}});
    }
  }
  return canaries;
}

/// Has this machine, which its owner trusts, say what the stages make of them.
base::Result<void> answer(const CanaryOptions& options, const Global& global, const Workplace& place,
                          std::vector<Canary>& canaries) {
  OBSCURA_TRY(const auto trust, artifact::load_trust_set(options.trust));
  std::vector<deploy::worker::FileJob> jobs;
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    jobs.push_back({place.file(i, ".ct"), place.file(i, ".result")});
    OBSCURA_TRY_VOID(base::write_file_atomically(jobs.back().input, canaries[i].request, base::kSecretMode));
  }
  Progress progress("computing", canaries.size());
  deploy::worker::AnswerOptions answer;
  answer.progress = [&progress](const deploy::worker::AnswerProgress& now) {
    progress.show(now.share, now.job + 1, now.layer);
  };
  answer.made = [&](std::size_t job, std::span<const std::uint8_t> bytes) {
    canaries[job].made.push_back(deploy::net::BlobRef::of(bytes));
  };
  OBSCURA_TRY([[maybe_unused]] const auto answers,
              deploy::worker::answer_model(options.files, trust, global.engine, {}, jobs, answer));
  return {};
}

base::Result<Report> run_make(const CanaryOptions& options, const Global& global) {
  OBSCURA_TRY(auto stock, deploy::submit::CanaryStock::open(options.folder));
  OBSCURA_TRY(auto canaries, encrypt(options, global));
  const Workplace place(options.folder);
  OBSCURA_TRY_VOID(place.create());
  OBSCURA_TRY_VOID(answer(options, global, place, canaries));
  for (const Canary& canary : canaries) OBSCURA_TRY_VOID(stock.add(canary));
  OBSCURA_TRY(const std::size_t left, stock.left(canaries.front().model, canaries.front().eval_keys));
  return Report{fmt::format("{} canaries made; {} in {} are unused\n", canaries.size(), left, options.folder),
                {{"made", canaries.size()}, {"left", left}, {"folder", options.folder}}};
}

}  // namespace

void add_canary(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<CanaryOptions>();
  auto* command = app.add_subcommand("canary", "Requests with known answers, which test those who answer them");
  command->require_subcommand(1);
  auto* make = command->add_subcommand("make", "Encrypt inputs and work out their answers on this machine");
  make->add_option("INPUT", options->inputs, "Images or tensors, such as are submitted otherwise")->required();
  make->add_option("--key", options->key, "Public key that they are encrypted under")->required();
  make->add_option("--model", options->files.sealed_model, "Manifest, with its stage files beside it, or sealed model")
      ->required();
  make->add_option("--eval-keys", options->files.evaluation_keys, "Evaluation keys")->required();
  make->add_option("--trust", options->trust, "Public identity of the model's owner; may be repeated")
      ->required()
      ->allow_extra_args(false);
  make->add_option("-o,--output", options->folder, "Folder of the stock; what is there stays")->required();
  make->add_option("--each", options->each, "Canaries from each input, each encrypted anew")
      ->check(CLI::Range(1, 10000));
  make->callback([&global, &action, options] { action = [&global, options] { return run_make(*options, global); }; });
}

}  // namespace obscura::apps::cli
