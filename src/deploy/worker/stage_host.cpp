#include "deploy/worker/stage_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "base/file.hpp"
#include "deploy/worker/belongs_to.hpp"
#include "deploy/worker/is_manifest.hpp"
#include "plan/program/verify.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::deploy::worker {

namespace wire = runtime::wire;
using base::ErrorCode;
using runtime::session::LoadedModel;

/// One stage, or a shard or the merge of one, loaded, and the files that it is mapped from.
struct StageHost::Stage {
  net::Lane lane;
  artifact::Digest params;
  std::vector<std::uint32_t> shards;  // of the model's stages
  std::string text;
  CachedBlob model;
  CachedBlob keys;
  std::unique_ptr<LoadedModel> loaded;
};

static_assert(wire::kMaxShards == net::kMaxShards);

/// One file to be loaded. A whole model is the only stage of itself.
struct StageHost::Wanted {
  net::BlobRef model;  // what jobs call the model
  wire::ManifestFile file;
  std::vector<std::uint32_t> shards = {1};
  std::optional<artifact::Digest> key = {};  // of the manifest; none: a whole model

  [[nodiscard]] net::BlobRef blob() const { return {file.file, file.bytes}; }
  [[nodiscard]] std::string text() const {
    return fmt::format("{} of model {}", file.place.text(), artifact::fingerprint(model.sha256));
  }
  [[nodiscard]] net::Lane lane(const net::BlobRef& eval_keys, std::uint32_t replica) const {
    return {model.sha256, eval_keys.sha256, file.place.number - 1, replica,
            file.place.is_merge() ? net::kMergeShard : file.place.shard - 1};
  }
};

StageHost::StageHost(BlobCache& cache, net::BlobStore& store, const artifact::TrustSet& owners,
                     const fhe::ckks::EngineOptions& engine, std::uint64_t memory_bytes, std::uint32_t replica)
    : cache_(&cache), store_(&store), owners_(&owners), engine_(engine), budget_(memory_bytes), replica_(replica) {}

StageHost::~StageHost() = default;

namespace {

base::Result<plan::program::MemoryEstimate> memory_of(const std::string& path, bool staged,
                                                      const artifact::TrustSet& owners) {
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, wire::kMaxSealedModelBytes));
  OBSCURA_TRY(const auto model, staged ? wire::SealedModel::open_stage(file.bytes(), path, &owners)
                                       : wire::SealedModel::open(file.bytes(), path, &owners));
  OBSCURA_TRY(const auto params, plan::program::make_params(model.program()));
  return plan::program::estimate_memory(model.program(), params);
}

/// That the file is the one that the manifest means.
base::Result<void> check_place(const wire::SealedModel& model, const artifact::Digest& key,
                               const wire::ManifestFile& file) {
  if (belongs_to(model, key, file)) return {};
  return base::fail(ErrorCode::kMismatch,
                    fmt::format("{} missing: what the manifest calls {} is {}",
                                file.place.is_split() ? "shard" : "stage", file.place.text(), model.place().text()),
                    "push the model again with all stage files of one sealing");
}

}  // namespace

base::Result<std::vector<StageHost::Wanted>> StageHost::files_of(const net::BlobRef& model) {
  OBSCURA_TRY(const CachedBlob file, cache_->fetch(model, *store_));
  OBSCURA_TRY(const bool staged, is_manifest(file.path()));
  if (!staged) return std::vector{Wanted{model, {.path = {}, .file = model.sha256, .bytes = model.size, .place = {}}}};
  OBSCURA_TRY(const auto bytes, base::read_file(file.path(), wire::kMaxManifestBytes));
  OBSCURA_TRY(const auto read, wire::read_manifest(bytes, fmt::format("model {}", model.text()), owners_));
  std::vector<Wanted> all;
  for (wire::ManifestFile& one : wire::files_of(read.manifest, {})) {
    all.push_back({model, std::move(one), wire::shards_of(read.manifest), read.manifest.key});
  }
  return all;
}

base::Result<std::vector<StageHost::Wanted>> StageHost::chosen_files(const net::BlobRef& model,
                                                                     std::span<const StageChoice> choices) {
  OBSCURA_TRY(auto all, files_of(model));
  if (choices.empty()) return all;
  std::vector<Wanted> chosen;
  for (const StageChoice& choice : choices) {
    const std::size_t before = chosen.size();
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
                 [&](const Wanted& wanted) { return choice.takes(wanted.file.place); });
    if (chosen.size() > before) continue;
    return base::fail(ErrorCode::kUsage,
                      fmt::format("model {} has {} stages, and no stage {}", artifact::fingerprint(model.sha256),
                                  all.front().shards.size(), choice.text()),
                      "stages and shards are numbered from 1; `obscura inspect` lists those of a manifest");
  }
  return chosen;
}

base::Result<std::unique_ptr<StageHost::Stage>> StageHost::load(const Wanted& wanted, const net::BlobRef& eval_keys) {
  OBSCURA_TRY(CachedBlob file, cache_->fetch(wanted.blob(), *store_));
  OBSCURA_TRY(const auto memory, memory_of(file.path(), wanted.key.has_value(), *owners_));
  OBSCURA_TRY(const auto admitted, budget_.admit(memory, wanted.text()));
  auto open = [&]() -> base::Result<std::unique_ptr<Stage>> {
    OBSCURA_TRY(CachedBlob keys, cache_->fetch(eval_keys, *store_));
    const runtime::session::ModelFiles files{file.path(), keys.path()};
    const runtime::session::SessionLimits limits{admitted.limit_bytes};
    OBSCURA_TRY(auto loaded, wanted.key ? LoadedModel::open_stage(files, *owners_, engine_, limits)
                                        : LoadedModel::open(files, *owners_, engine_, limits));
    if (wanted.key) OBSCURA_TRY_VOID(check_place(loaded->model(), *wanted.key, wanted.file));
    const auto& program = loaded->model().program();
    return std::make_unique<Stage>(
        Stage{wanted.lane(eval_keys, replica_), wire::params_digest(program.params, program.insecure), wanted.shards,
              wanted.file.place.text(), std::move(file), std::move(keys), std::move(loaded)});
  };
  auto stage = open();
  if (!stage) budget_.release(admitted);
  return stage;
}

std::string StageHost::text_of(const net::Lane& lane) const {
  const auto at = std::find(lanes_.begin(), lanes_.end(), lane);
  OBSCURA_CHECK(at != lanes_.end(), "only lanes that the host serves have a name");
  return stages_[static_cast<std::size_t>(at - lanes_.begin())]->text;
}

StageHost::Stage* StageHost::find(const net::Lane& lane) {
  const auto at = std::find(lanes_.begin(), lanes_.end(), lane);
  return at == lanes_.end() ? nullptr : stages_[static_cast<std::size_t>(at - lanes_.begin())].get();
}

base::Result<void> StageHost::add(const net::CatalogueEntry& entry, std::span<const StageChoice> choices) {
  OBSCURA_TRY(const std::vector<Wanted> wanted, chosen_files(entry.model, choices));
  for (const Wanted& stage : wanted) {
    const net::Lane lane = stage.lane(entry.eval_keys, replica_);
    if (find(lane) != nullptr) continue;
    std::erase_if(unserved_, [&](const Unserved& known) { return known.lane == lane; });
    auto loaded = load(stage, entry.eval_keys);
    if (loaded) {
      stages_.push_back(std::move(*loaded));
      lanes_.push_back(lane);
    } else {
      base::Error why = std::move(loaded.error());
      why.message = fmt::format("{} is not served: {}", stage.text(), why.message);
      unserved_.push_back({lane, std::move(why)});
    }
  }
  return {};
}

base::Result<void> StageHost::check_job(const Stage& stage, const net::Job& job) {
  if (job.params == stage.params && job.shards == stage.shards) return {};
  return base::fail(ErrorCode::kMismatch,
                    fmt::format("the job names stages of {} shards and parameters {}; the model has stages of {}, and "
                                "parameters {}",
                                fmt::join(job.shards, ", "), artifact::fingerprint(job.params),
                                fmt::join(stage.shards, ", "), artifact::fingerprint(stage.params)),
                    "submit it for this model");
}

base::Result<net::StepOutput> StageHost::evaluate(const net::StepInput& input, const net::StillMine& still_mine,
                                                  const std::function<bool()>& keep_going) {
  const net::Job& job = input.job;
  Stage* stage = find({job.model, job.eval_key, input.step.stage, job.key.replica, input.step.shard});
  if (stage == nullptr) {
    return base::fail(ErrorCode::kNotFound,
                      fmt::format("this worker does not hold step {} of the model", input.step.text()),
                      "start a worker that serves it");
  }
  OBSCURA_TRY_VOID(check_job(*stage, job));
  runtime::exec::ExecOptions options;
  bool stopped = false;
  options.keep_going = [&] {
    stopped = !keep_going();
    return !stopped && still_mine();
  };
  const std::string name = fmt::format("the input of step {} of job {}", input.step.text(), job.key.text());
  const std::vector<wire::FileBytes> inputs(input.inputs.begin(), input.inputs.end());
  auto output = stage->loaded->session().answer_all(inputs, name, options);
  if (stopped) return base::fail(ErrorCode::kIo, "the worker was stopped in the middle", "another one takes it up");
  if (!output) return base::forward_error(output);
  net::StepOutput result;
  result.outputs.push_back(std::move(*output));
  result.peak_bytes = stage->loaded->context().pool().bytes_peak();
  return result;
}

}  // namespace obscura::deploy::worker
