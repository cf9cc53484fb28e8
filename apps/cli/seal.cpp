#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "apps/cli/command.hpp"
#include "apps/cli/file_size.hpp"
#include "apps/cli/open_secret.hpp"
#include "apps/cli/progress.hpp"
#include "artifact/header.hpp"
#include "artifact/identity.hpp"
#include "base/file.hpp"
#include "deploy/owner/encrypt_weights.hpp"
#include "deploy/owner/stage_sealer.hpp"
#include "plan/program/choose_cuts.hpp"
#include "plan/program/cut.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/shard.hpp"
#include "plan/program/verify.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/public_key_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::apps::cli {

namespace {

namespace wire = runtime::wire;

struct SealOptions {
  std::string plan;
  std::string key;
  std::string identity;
  std::string output;
  std::size_t stages = 0;      ///< 0: the whole model in one file
  bool per_bootstrap = false;  ///< a stage up to each bootstrap
  std::size_t shards = 0;      ///< 0: no stage is split
  bool whole = false;          ///< besides the stages
  PassphraseOptions passphrase;

  [[nodiscard]] bool in_stages() const { return stages > 0 || per_bootstrap; }
};

/// NAME.manifest for NAME.sealed, and for NAME.
std::string manifest_path(const std::string& output) {
  std::filesystem::path path(output);
  if (path.extension() == ".sealed") return path.replace_extension(".manifest").string();
  return output + ".manifest";
}

/// The files that encrypted weights go into: the whole model, its stages, or both.
class Files {
 public:
  Files(const SealOptions& options, const plan::weights::Plan& plan, std::vector<plan::program::StageParts> stages,
        const artifact::SigningKey& signer)
      : options_(options), plan_(plan), stages_(std::move(stages)), signer_(signer) {}

  /// Ring and key are known only when the key file is open.
  base::Result<void> begin(const fhe::ring::RingContext& ring, const artifact::Digest& key, wire::SealedForm form) {
    if (stages_.empty() || options_.whole) {
      OBSCURA_TRY(auto whole, wire::SealedModelWriter::create(options_.output, ring, plan_.program, key, form));
      whole_.emplace(std::move(whole));
    }
    if (stages_.empty()) return {};
    in_stages_.emplace(ring, plan_.program, std::move(stages_), key, form, manifest_path(options_.output), signer_);
    return {};
  }

  template <class Weight>
  base::Result<void> add(const Weight& weight) {
    if (whole_) OBSCURA_TRY_VOID(whole_->add(weight));
    if (in_stages_) return in_stages_->add(weight);
    return {};
  }

  base::Result<void> finish() {
    if (whole_) OBSCURA_TRY_VOID(whole_->commit(signer_));
    if (!in_stages_) return {};
    OBSCURA_TRY(manifest_, in_stages_->finish());
    return {};
  }

  /// Of the stages that were written.
  [[nodiscard]] const wire::Manifest& manifest() const { return manifest_; }

 private:
  const SealOptions& options_;
  const plan::weights::Plan& plan_;
  std::vector<plan::program::StageParts> stages_;
  const artifact::SigningKey& signer_;
  std::optional<wire::SealedModelWriter> whole_;
  std::optional<deploy::owner::StageSealer> in_stages_;
  wire::Manifest manifest_;
};

base::Result<void> check_plan(const artifact::Digest& of_key, const plan::weights::Plan& plan,
                              const std::string& name) {
  return wire::check_same(of_key, wire::plan_digest(plan.program), "plan", name);
}

/// Takes every weight to the files, and says how far it is.
template <class Weight>
std::function<base::Result<void>(Weight)> sink_to(Files& files, Progress& progress) {
  return [&files, &progress, done = std::size_t{0}](const Weight& weight) mutable {
    progress.update(++done);
    return files.add(weight);
  };
}

base::Result<void> seal_under_secret(const SealOptions& options, const plan::weights::Plan& plan, Files& files,
                                     const Global& global) {
  OBSCURA_TRY(const auto open, open_secret(options.key, options.passphrase, global.engine));
  OBSCURA_TRY_VOID(check_plan(wire::plan_digest(open.content.program), plan, options.key));
  OBSCURA_TRY_VOID(files.begin(open.context->ring(), open.content.key, wire::SealedForm::kSeeded));
  Progress progress("sealing", plan.program.weights.size());
  OBSCURA_TRY_VOID(deploy::owner::encrypt_weights(*open.context, *open.secret, plan,
                                                  sink_to<fhe::ckks::SeededCiphertext>(files, progress)));
  return files.finish();
}

base::Result<void> seal_under_public(const SealOptions& options, const plan::weights::Plan& plan,
                                     std::span<const std::uint8_t> key_bytes, Files& files, const Global& global) {
  OBSCURA_TRY(const auto file, wire::PublicKeyFile::open(key_bytes, options.key));
  OBSCURA_TRY_VOID(check_plan(file.plan(), plan, options.key));
  if (plan.program.sealing_key != plan::program::SealingKey::kPublic) {
    return base::fail(base::ErrorCode::kMismatch,
                      options.plan + ": the plan's error statement counts on weights sealed under the secret key",
                      "compile the model with `--seal-with public`, or seal with the secret key");
  }
  OBSCURA_TRY(auto params, plan::program::make_params(plan.program));
  OBSCURA_TRY(const auto context, fhe::ckks::Context::create(std::move(params), global.engine));
  OBSCURA_TRY(const auto key, file.load(context->ring()));
  OBSCURA_TRY_VOID(files.begin(context->ring(), file.key(), wire::SealedForm::kTwoPart));
  Progress progress("sealing", plan.program.weights.size());
  OBSCURA_TRY_VOID(
      deploy::owner::encrypt_weights(*context, key, plan, sink_to<fhe::ckks::Ciphertext>(files, progress)));
  return files.finish();
}

using Stages = std::vector<plan::program::StageParts>;

base::Result<Stages> sharded_stages_of(const SealOptions& options, const plan::weights::Plan& plan) {
  const auto& program = plan.program;
  OBSCURA_TRY(const auto chosen,
              plan::program::choose_sharded_cuts(program, plan.predicted_ms, options.stages, options.shards));
  OBSCURA_TRY(auto cut, plan::program::cut(program, chosen.cuts, plan.predicted_ms));
  Stages stages;
  for (std::size_t i = 0; i < cut.size(); ++i) {
    if (chosen.shards[i] < 2) {
      stages.push_back(plan::program::in_one_part(std::move(cut[i])));
      continue;
    }
    OBSCURA_TRY(auto parts, plan::program::shard(cut[i], chosen.shards[i]));
    stages.push_back(std::move(parts));
  }
  return stages;
}

base::Result<std::vector<std::size_t>> cuts_of(const SealOptions& options, const plan::weights::Plan& plan) {
  if (!options.per_bootstrap) return plan::program::choose_cuts(plan.program, plan.predicted_ms, options.stages);
  auto cuts = plan::program::cuts_behind_bootstraps(plan.program);
  if (!cuts.empty()) return cuts;
  return base::fail(base::ErrorCode::kUsage, options.plan + ": the plan has no bootstraps to cut it behind",
                    "say with --stages how many stages there are to be");
}

base::Result<Stages> stages_of(const SealOptions& options, const plan::weights::Plan& plan) {
  if (!options.in_stages()) {
    if (options.shards > 0) {
      return base::fail(base::ErrorCode::kUsage, "--shards splits stages, but there are none", "add --stages");
    }
    if (!options.whole) return Stages{};
    return base::fail(base::ErrorCode::kUsage, "--whole writes the whole model besides its stages, but there are none",
                      "add --stages, or leave --whole out");
  }
  if (options.shards > 0) return sharded_stages_of(options, plan);
  OBSCURA_TRY(const auto cuts, cuts_of(options, plan));
  OBSCURA_TRY(auto cut, plan::program::cut(plan.program, cuts, plan.predicted_ms));
  Stages stages;
  for (plan::program::CutStage& stage : cut) stages.push_back(plan::program::in_one_part(std::move(stage)));
  return stages;
}

base::Result<void> add_whole(Report& report, const std::string& path, std::size_t weights, const std::string& signer) {
  OBSCURA_TRY(const std::uint64_t bytes, file_size(path));
  report.text += fmt::format("{}: sealed model, {} encrypted weights, {:.1f} MB, signed by {}\n", path, weights,
                             static_cast<double>(bytes) / 1e6, signer);
  report.figures["sealed_model"] = path;
  report.figures["sealed_model_bytes"] = bytes;
  return {};
}

/// One file: a stage, a shard or a merge.
nlohmann::json add_part(Report& report, const std::string& file, const wire::ManifestShard& part) {
  report.text +=
      fmt::format("{}: {:.1f} MB, {} evaluation keys, hands on {} ciphertexts, predicted {:.1f} ms\n", file,
                  static_cast<double>(part.bytes) / 1e6, part.key_needs.size(), part.results, part.cost.latency_ms);
  return {{"file", file},
          {"bytes", part.bytes},
          {"evaluation_keys", part.key_needs.size()},
          {"ciphertexts", part.results},
          {"predicted_ms", part.cost.latency_ms}};
}

void add_stages(Report& report, const std::string& path, const wire::Manifest& manifest, const std::string& signer) {
  report.text += fmt::format("{}: manifest of {} stages, signed by {}\n", path, manifest.stages.size(), signer);
  report.figures["manifest"] = path;
  report.figures["stages"] = nlohmann::json::array();
  for (std::size_t i = 0; i < manifest.stages.size(); ++i) {
    const wire::ManifestStage& stage = manifest.stages[i];
    const wire::ManifestShard last{stage.file, stage.bytes, stage.results, stage.cost, stage.key_needs};
    nlohmann::json shards = nlohmann::json::array();
    for (std::size_t shard = 0; shard < stage.shards.size(); ++shard) {
      shards.push_back(add_part(report, wire::shard_path(path, i + 1, shard + 1), stage.shards[shard]));
    }
    const bool split = !stage.shards.empty();
    nlohmann::json figures =
        add_part(report, split ? wire::merge_path(path, i + 1) : wire::stage_path(path, i + 1), last);
    if (split) figures["shards"] = std::move(shards);
    report.figures["stages"].push_back(std::move(figures));
  }
}

base::Result<Report> run_seal(const SealOptions& options, const Global& global) {
  OBSCURA_TRY(const auto plan, plan::weights::read_plan_file(options.plan));
  OBSCURA_TRY(auto stages, stages_of(options, plan));
  OBSCURA_TRY(const auto signer, artifact::load_secret_identity(options.identity));
  OBSCURA_TRY(const auto key_bytes, base::read_file(options.key, wire::kMaxPublicKeyBytes));
  OBSCURA_TRY(const auto header, artifact::read_any_header(key_bytes, key_bytes.size(), options.key));
  const bool is_public = header.kind == artifact::ArtifactKind::kPublicKey;
  Files files(options, plan, std::move(stages), signer.key);
  OBSCURA_TRY_VOID(is_public ? seal_under_public(options, plan, key_bytes, files, global)
                             : seal_under_secret(options, plan, files, global));
  const std::string name = artifact::describe(signer.public_identity());
  Report report{{}, nlohmann::json::object()};
  report.figures = {{"weights", plan.program.weights.size()},
                    {"key", is_public ? "public" : "secret"},
                    {"signer", artifact::fingerprint(signer.key.verify_key().digest())}};
  if (!options.in_stages() || options.whole) {
    OBSCURA_TRY_VOID(add_whole(report, options.output, plan.program.weights.size(), name));
  }
  if (options.in_stages()) add_stages(report, manifest_path(options.output), files.manifest(), name);
  return report;
}

}  // namespace

void add_seal(CLI::App& app, const Global& global, Action& action) {
  auto options = std::make_shared<SealOptions>();
  auto* command = app.add_subcommand("seal", "Encrypt the weights of a plan and sign the result");
  command->add_option("PLAN", options->plan, "The .plan file of a compiled model")->required();
  command->add_option("--key", options->key, "Secret or public key file")->required();
  command->add_option("--sign", options->identity, "Secret identity file")->required();
  command
      ->add_option("-o,--output", options->output,
                   "Sealed model; with --stages MODEL.sealed gives MODEL.manifest and MODEL.stage1.sealed, ...")
      ->required();
  auto* stages = command
                     ->add_option("--stages", options->stages,
                                  "Cut the model into so many stages, each a file for a worker of its own")
                     ->check(CLI::Range(std::size_t{2}, plan::program::kMaxCutStages));
  command
      ->add_flag("--stage-per-bootstrap", options->per_bootstrap,
                 "Cut the model behind each bootstrap, a stage up to it and one behind the last")
      ->excludes(stages);
  command
      ->add_option(
          "--shards", options->shards,
          "Split wide linear layers, each with which a stage then begins, into so many shards, each a file for a "
          "worker of its own")
      ->check(CLI::Range(std::size_t{2}, std::size_t{wire::kMaxShards}));
  command->add_flag("--whole", options->whole, "Write the whole model too, with the same encrypted weights");
  add_passphrase_options(*command, options->passphrase, false);
  command->callback(
      [&global, &action, options] { action = [&global, options] { return run_seal(*options, global); }; });
}

}  // namespace obscura::apps::cli
