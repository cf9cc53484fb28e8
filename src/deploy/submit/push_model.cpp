#include "deploy/submit/push_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "artifact/header.hpp"
#include "base/file.hpp"
#include "runtime/wire/evaluation_keys_file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/sealed_model.hpp"

namespace obscura::deploy::submit {
namespace {

namespace wire = runtime::wire;
using base::ErrorCode;

/// Which plan and key a model is for.
struct ModelOf {
  artifact::Digest plan;
  artifact::Digest key;
};

void add_file(PushPlan& plan, const std::string& path, const net::BlobRef& ref) {
  plan.files.push_back({path, ref});
  plan.total_bytes += ref.size;
}

base::Result<void> add_stage(PushPlan& plan, const wire::ManifestFile& due) {
  OBSCURA_TRY(const auto file, base::MappedFile::open(due.path, wire::kMaxSealedModelBytes));
  const net::BlobRef ref = net::BlobRef::of(file.bytes());
  if (ref != net::BlobRef{due.file, due.bytes}) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("{} missing: {} is not the file that the manifest names",
                                  due.place.is_split() ? "shard" : "stage", due.path),
                      "put all stage files of one sealing beside its manifest");
  }
  add_file(plan, due.path, ref);
  return {};
}

base::Result<ModelOf> add_manifest(PushPlan& plan, const std::string& path, std::span<const std::uint8_t> bytes) {
  OBSCURA_TRY(const auto read, wire::read_manifest(bytes, path, nullptr));
  plan.shards = wire::shards_of(read.manifest);
  for (const wire::ManifestFile& file : wire::files_of(read.manifest, path)) OBSCURA_TRY_VOID(add_stage(plan, file));
  return ModelOf{read.manifest.plan, read.manifest.key};
}

base::Result<ModelOf> add_model(PushPlan& plan, const std::string& path) {
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, wire::kMaxSealedModelBytes));
  OBSCURA_TRY(const auto header, artifact::read_any_header(file.bytes(), file.bytes().size(), path));
  const net::BlobRef ref = net::BlobRef::of(file.bytes());
  ModelOf of;
  if (header.kind == artifact::ArtifactKind::kManifest) {
    OBSCURA_TRY(of, add_manifest(plan, path, file.bytes()));
  } else {
    OBSCURA_TRY(const auto model, wire::SealedModel::open(file.bytes(), path, nullptr));
    of = {wire::plan_digest(model.program()), model.key()};
  }
  add_file(plan, path, ref);
  plan.entry.model = ref;
  return of;
}

/// Of all stages, their shards and merges, for every operator group.
base::Result<void> open_lanes(const PushPlan& plan, const net::Site& site) {
  if (!site.open_lane) return {};
  net::Lane lane{.model = plan.entry.model.sha256, .eval_key = plan.entry.eval_keys.sha256};
  for (lane.replica = 0; lane.replica < site.groups; ++lane.replica) {
    for (lane.stage = 0; lane.stage < plan.shards.size(); ++lane.stage) {
      const std::uint32_t shards = plan.shards[lane.stage];
      for (lane.shard = 0; lane.shard < shards; ++lane.shard) OBSCURA_TRY_VOID(site.open_lane(lane));
      lane.shard = net::kMergeShard;
      if (shards > 1) OBSCURA_TRY_VOID(site.open_lane(lane));
    }
  }
  return {};
}

}  // namespace

base::Result<PushPlan> plan_push(const std::string& model, const std::string& eval_keys) {
  PushPlan plan;
  OBSCURA_TRY(const auto keys, base::MappedFile::open(eval_keys, wire::kMaxEvaluationKeyBytes));
  OBSCURA_TRY(const auto info, wire::inspect_evaluation_keys(keys.bytes(), eval_keys));
  plan.entry.eval_keys = net::BlobRef::of(keys.bytes());
  add_file(plan, eval_keys, plan.entry.eval_keys);
  OBSCURA_TRY(const ModelOf of, add_model(plan, model));
  OBSCURA_TRY_VOID(wire::check_same(info.plan, of.plan, "plan", eval_keys));
  OBSCURA_TRY_VOID(wire::check_same(info.key, of.key, "key", eval_keys));
  return plan;
}

base::Result<void> push_model(const PushPlan& plan, net::Site& site, const net::BlobProgress& progress) {
  std::uint64_t before = 0;
  for (const PushFile& push : plan.files) {
    OBSCURA_TRY(const auto file, base::MappedFile::open(push.path, push.ref.size));
    OBSCURA_TRY_VOID(site.blobs->put(push.ref, file.bytes(), [&](std::uint64_t done, std::uint64_t) {
      if (progress) progress(before + done, plan.total_bytes);
    }));
    before += push.ref.size;
    if (progress) progress(before, plan.total_bytes);
  }
  OBSCURA_TRY_VOID(open_lanes(plan, site));
  return site.catalogue->add(plan.entry);
}

}  // namespace obscura::deploy::submit
