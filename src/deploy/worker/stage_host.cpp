#include "deploy/worker/stage_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

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

/// One stage, loaded, and the files that it is mapped from.
struct StageHost::Stage {
  net::Lane lane;
  artifact::Digest params;
  std::size_t count = 1;  // of the model's stages
  CachedBlob model;
  CachedBlob keys;
  std::unique_ptr<LoadedModel> loaded;
};

/// One stage to be loaded. A whole model is the only stage of itself.
struct StageHost::Wanted {
  net::BlobRef model;  // what jobs call the model
  net::BlobRef file;
  std::uint32_t number = 1;
  std::uint32_t count = 1;
  std::optional<wire::Manifest> manifest = {};

  [[nodiscard]] std::string text() const {
    return fmt::format("stage {} of {} of model {}", number, count, artifact::fingerprint(model.sha256));
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

/// That the stage's file is the one that the manifest means.
base::Result<void> check_place(const wire::SealedModel& model, const wire::Manifest& manifest, std::uint32_t number) {
  if (belongs_to(model, manifest, number)) return {};
  const wire::StagePlace& place = model.place();
  return base::fail(ErrorCode::kMismatch,
                    fmt::format("stage missing: what the manifest calls stage {} of {} is stage {} of {}", number,
                                manifest.stages.size(), place.number, place.count),
                    "push the model again with all stage files of one sealing");
}

}  // namespace

base::Result<std::vector<StageHost::Wanted>> StageHost::stages_of(const net::BlobRef& model,
                                                                  std::span<const std::uint32_t> numbers) {
  OBSCURA_TRY(const CachedBlob file, cache_->fetch(model, *store_));
  OBSCURA_TRY(const bool staged, is_manifest(file.path()));
  std::vector<Wanted> all = {Wanted{model, model}};
  if (staged) {
    OBSCURA_TRY(const auto bytes, base::read_file(file.path(), wire::kMaxManifestBytes));
    OBSCURA_TRY(const auto read, wire::read_manifest(bytes, fmt::format("model {}", model.text()), owners_));
    all.clear();
    for (const wire::ManifestStage& stage : read.manifest.stages) {
      all.push_back({model,
                     {stage.file, stage.bytes},
                     static_cast<std::uint32_t>(all.size() + 1),
                     static_cast<std::uint32_t>(read.manifest.stages.size()),
                     read.manifest});
    }
  }
  if (numbers.empty()) return all;
  std::vector<Wanted> chosen;
  for (const std::uint32_t number : numbers) {
    if (number < 1 || number > all.size()) {
      return base::fail(ErrorCode::kUsage,
                        fmt::format("model {} has {} stages, and no stage {}", artifact::fingerprint(model.sha256),
                                    all.size(), number),
                        "stages are numbered from 1");
    }
    chosen.push_back(all[number - 1]);
  }
  return chosen;
}

base::Result<std::unique_ptr<StageHost::Stage>> StageHost::load(const Wanted& wanted, const net::BlobRef& eval_keys) {
  OBSCURA_TRY(CachedBlob file, cache_->fetch(wanted.file, *store_));
  OBSCURA_TRY(const auto memory, memory_of(file.path(), wanted.manifest.has_value(), *owners_));
  OBSCURA_TRY(const auto admitted, budget_.admit(memory, wanted.text()));
  auto open = [&]() -> base::Result<std::unique_ptr<Stage>> {
    OBSCURA_TRY(CachedBlob keys, cache_->fetch(eval_keys, *store_));
    const runtime::session::ModelFiles files{file.path(), keys.path()};
    const runtime::session::SessionLimits limits{admitted.limit_bytes};
    OBSCURA_TRY(auto loaded, wanted.manifest ? LoadedModel::open_stage(files, *owners_, engine_, limits)
                                             : LoadedModel::open(files, *owners_, engine_, limits));
    if (wanted.manifest) OBSCURA_TRY_VOID(check_place(loaded->model(), *wanted.manifest, wanted.number));
    const auto& program = loaded->model().program();
    return std::make_unique<Stage>(Stage{{wanted.model.sha256, eval_keys.sha256, wanted.number - 1, replica_},
                                         wire::params_digest(program.params, program.insecure),
                                         wanted.count,
                                         std::move(file),
                                         std::move(keys),
                                         std::move(loaded)});
  };
  auto stage = open();
  if (!stage) budget_.release(admitted);
  return stage;
}

StageHost::Stage* StageHost::find(const net::Lane& lane) {
  const auto at = std::find(lanes_.begin(), lanes_.end(), lane);
  return at == lanes_.end() ? nullptr : stages_[static_cast<std::size_t>(at - lanes_.begin())].get();
}

base::Result<void> StageHost::add(const net::CatalogueEntry& entry, std::span<const std::uint32_t> stages) {
  OBSCURA_TRY(const std::vector<Wanted> wanted, stages_of(entry.model, stages));
  for (const Wanted& stage : wanted) {
    const net::Lane lane{entry.model.sha256, entry.eval_keys.sha256, stage.number - 1, replica_};
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

base::Result<net::StepOutput> StageHost::evaluate(const net::StepInput& input, const net::StillMine& still_mine,
                                                  const std::function<bool()>& keep_going) {
  const net::Job& job = input.job;
  Stage* stage = find({job.model, job.eval_key, input.step.stage, job.key.replica});
  if (stage == nullptr) {
    return base::fail(ErrorCode::kNotFound, fmt::format("this worker does not hold stage {}", input.step.stage + 1),
                      "start a worker that serves it");
  }
  const bool split =
      std::any_of(job.shards.begin(), job.shards.end(), [](std::uint32_t shards) { return shards != 1; });
  if (split) return base::fail(ErrorCode::kUnsupported, "this worker computes stages whole, not in shards", "use 1");
  if (job.params != stage->params || job.shards.size() != stage->count || input.inputs.size() != 1) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("the job names {} stages, {} inputs and parameters {}; the model has {}, takes 1, "
                                  "and has parameters {}",
                                  job.shards.size(), input.inputs.size(), artifact::fingerprint(job.params),
                                  stage->count, artifact::fingerprint(stage->params)),
                      "submit it for this model");
  }
  runtime::exec::ExecOptions options;
  bool stopped = false;
  options.keep_going = [&] {
    stopped = !keep_going();
    return !stopped && still_mine();
  };
  const std::string name = fmt::format("the input of step {} of job {}", input.step.text(), job.key.text());
  auto output = stage->loaded->session().answer(input.inputs.front(), name, options);
  if (stopped) return base::fail(ErrorCode::kIo, "the worker was stopped in the middle", "another one takes it up");
  if (!output) return base::forward_error(output);
  net::StepOutput result;
  result.outputs.push_back(std::move(*output));
  result.peak_bytes = stage->loaded->context().pool().bytes_peak();
  return result;
}

}  // namespace obscura::deploy::worker
