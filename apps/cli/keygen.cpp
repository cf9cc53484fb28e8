#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/cli/command.hpp"
#include "apps/cli/file_size.hpp"
#include "apps/cli/passphrase.hpp"
#include "apps/cli/progress.hpp"
#include "base/file.hpp"
#include "deploy/client/release.hpp"
#include "deploy/client/release_count.hpp"
#include "deploy/owner/generate_keys.hpp"
#include "fhe/secret/key_file.hpp"
#include "plan/program/verify.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/key_content.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/spec_file.hpp"

namespace obscura::apps::cli {

namespace {

namespace fs = std::filesystem;
namespace wire = runtime::wire;

/// Beyond any use: a number that is not one of results is more likely a slip.
constexpr std::uint64_t kMostReleases = std::uint64_t{1} << 48;

struct KeygenOptions {
  std::string spec;
  std::string folder;
  std::uint64_t release_cap = 0;  ///< 0: the default
  PassphraseOptions passphrase;
};

/// The files of a key folder: all of them or, unless keep() was called, none. `secret` is written last.
class KeyFolder {
 public:
  /// Refuses a folder that holds one of the files; makes the folder if there is none.
  [[nodiscard]] static base::Result<KeyFolder> create(const std::string& folder) {
    KeyFolder keys(folder);
    std::error_code error;
    for (const auto& file : {keys.secret, keys.releases, keys.public_key, keys.evaluation}) {
      if (fs::exists(file, error)) {
        return base::fail(base::ErrorCode::kIo, file + " exists already; keys are never overwritten",
                          "choose another folder, or move the old keys away");
      }
    }
    keys.files_.emplace(std::vector{keys.secret, keys.releases, keys.public_key, keys.evaluation});
    keys.made_ = fs::create_directories(folder, error);
    if (!error) return keys;
    return base::fail(base::ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", folder, error.message()),
                      "choose a folder you may write to");
  }
  KeyFolder(KeyFolder&& other) noexcept
      : secret(std::move(other.secret)),
        releases(std::move(other.releases)),
        public_key(std::move(other.public_key)),
        evaluation(std::move(other.evaluation)),
        folder_(std::move(other.folder_)),
        files_(std::exchange(other.files_, std::nullopt)),
        made_(other.made_) {}
  KeyFolder& operator=(KeyFolder&&) = delete;
  ~KeyFolder() {
    if (!files_) return;
    files_.reset();
    std::error_code ignored;
    if (made_) fs::remove(folder_, ignored);
  }
  void keep() {
    files_->keep();
    files_.reset();
  }

  std::string secret;
  std::string releases;
  std::string public_key;
  std::string evaluation;

 private:
  explicit KeyFolder(const std::string& folder)
      : secret((fs::path(folder) / "secret").string()),
        releases(deploy::client::release_count_path(secret)),
        public_key((fs::path(folder) / "public").string()),
        evaluation((fs::path(folder) / "eval").string()),
        folder_(folder) {}
  std::string folder_;
  std::optional<base::NewFiles> files_;  ///< from when create() has found the folder free until they are kept
  bool made_ = false;
};

base::Result<void> write_evaluation_keys(const std::string& path, const fhe::ckks::Context& context,
                                         const plan::program::Program& program, const deploy::owner::KeyPair& keys,
                                         const artifact::Digest& key) {
  OBSCURA_TRY(auto file, wire::EvaluationKeysWriter::create(path, context.ring(), program, key));
  Progress progress("generating keys", program.key_needs.size());
  std::size_t done = 0;
  const auto sink = [&](const plan::program::KeyNeed& need, const fhe::ckks::SwitchingKey& made) {
    progress.update(++done);
    return file.add(need, made);
  };
  OBSCURA_TRY_VOID(deploy::owner::generate_evaluation_keys(context, keys.secret, program, sink));
  return file.commit();
}

base::Result<void> write_keys(const KeyFolder& paths, const fhe::ckks::Context& context, const wire::Spec& spec,
                              const deploy::owner::KeyPair& keys, std::uint64_t release_cap,
                              const fhe::secret::KeyProtection& protection) {
  const auto& program = spec.program;
  const auto key = wire::key_digest(context.ring(), keys.public_key);
  OBSCURA_TRY_VOID(write_evaluation_keys(paths.evaluation, context, program, keys, key));
  OBSCURA_TRY_VOID(
      base::write_file_atomically(paths.public_key, wire::write_public_key(context.ring(), program, keys.public_key)));
  OBSCURA_TRY_VOID(deploy::client::ReleaseCount::create(paths.releases, keys.secret, key));
  fhe::secret::KeyFile file;
  file.info = {wire::params_digest(program.params, program.insecure), spec.plan, program.insecure,
               wire::write_key_content({key, program})};
  file.labels = spec.labels;
  file.secret_seed = keys.secret.reveal_secret_seed();
  file.release_cap = release_cap;
  return fhe::secret::write_key_file(paths.secret, file, protection);
}

base::Result<Report> run_keygen(const KeygenOptions& options, const Global& global) {
  OBSCURA_TRY(const auto bytes, base::read_file(options.spec, wire::kMaxSpecBytes));
  OBSCURA_TRY(const auto spec, wire::read_spec(bytes, options.spec));
  OBSCURA_TRY(auto paths, KeyFolder::create(options.folder));
  OBSCURA_TRY(const auto passphrase, read_passphrase(options.passphrase, true));
  OBSCURA_TRY(auto params, plan::program::make_params(spec.program));
  OBSCURA_TRY(const auto context, fhe::ckks::Context::create(std::move(params), global.engine));
  const auto keys = deploy::owner::generate_key_pair(*context);
  const std::uint64_t release_cap =
      options.release_cap > 0 ? options.release_cap : deploy::client::default_release_cap(spec.program);
  OBSCURA_TRY_VOID(write_keys(paths, *context, spec, keys, release_cap,
                              {passphrase.reveal_secret(), options.passphrase.unprotected, {}}));
  paths.keep();
  OBSCURA_TRY(const std::uint64_t public_bytes, file_size(paths.public_key));
  OBSCURA_TRY(const std::uint64_t evaluation_bytes, file_size(paths.evaluation));
  const auto fingerprint = artifact::fingerprint(wire::key_digest(context->ring(), keys.public_key));
  return Report{
      fmt::format("{}: secret key{}, keep it\n{}: counts the results that it releases, {} at most\n{}: public key, for "
                  "whoever has inputs ({:.1f} MB)\n"
                  "{}: {} evaluation keys, for workers ({:.1f} MB)\nfingerprint {}\n",
                  paths.secret, options.passphrase.unprotected ? " (unprotected)" : "", paths.releases, release_cap,
                  paths.public_key, static_cast<double>(public_bytes) / 1e6, paths.evaluation,
                  spec.program.key_needs.size(), static_cast<double>(evaluation_bytes) / 1e6, fingerprint),
      {{"secret", paths.secret},
       {"releases", paths.releases},
       {"release_cap", release_cap},
       {"public", paths.public_key},
       {"evaluation", paths.evaluation},
       {"evaluation_keys", spec.program.key_needs.size()},
       {"evaluation_key_bytes", evaluation_bytes},
       {"fingerprint", fingerprint}}};
}

}  // namespace

void add_keygen(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<KeygenOptions>();
  auto* command = app.add_subcommand("keygen", "Generate the keys that a plan needs");
  command->add_option("SPEC", options->spec, "The .spec file of a compiled model")->required();
  command->add_option("-o,--output", options->folder, "Folder for the files secret, secret.releases, public and eval")
      ->required();
  command
      ->add_option("--release-cap", options->release_cap,
                   "How many results the key may ever release (default: 2^20 / (scores + 1))")
      ->check(CLI::Range(std::uint64_t{1}, kMostReleases));
  add_passphrase_options(*command, options->passphrase, true);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_keygen(*options, global); }; });
}

}  // namespace obscura::apps::cli
