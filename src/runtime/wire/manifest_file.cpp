#include "runtime/wire/manifest_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/bytes.hpp"
#include "plan/program/limits.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

using artifact::ArtifactKind;
using plan::program::KeyKind;
using plan::program::KeyNeed;

constexpr std::size_t kKeyNeedBytes = 1 + 4 + 1;
constexpr std::size_t kLeastStageBytes = 32 + 8 + 4 + 4 + 8 + 3 * 8 + 4;

constexpr std::size_t kLeastShardBytes = 32 + 8 + 4 + 8 + 3 * 8 + 4;

/// Section kInfo: plan digest, key digest, sealing, list of stages: digest of its file, u64 bytes of its file, u32
/// ciphertexts that it takes, u32 that it returns, f64 predicted ms, u64 bytes of evaluation keys, weights and memory,
/// list of key needs: u8 kind, i32 step, u8 level. Then, only if a stage is split, per stage a list of its shards:
/// digest and bytes of the file, u32 ciphertexts that it returns, predicted ms, bytes and key needs as of a stage.
void put_cost(base::ByteWriter& out, const plan::program::CostStatement& cost) {
  out.f64(cost.latency_ms);
  out.u64(cost.evaluation_key_bytes);
  out.u64(cost.sealed_bytes);
  out.u64(cost.memory_bytes);
}

void put_key_needs(base::ByteWriter& out, const std::vector<KeyNeed>& needs) {
  out.u32(static_cast<std::uint32_t>(needs.size()));
  for (const KeyNeed& need : needs) {
    out.u8(static_cast<std::uint8_t>(need.kind));
    out.u32(static_cast<std::uint32_t>(need.step.value()));
    out.u8(static_cast<std::uint8_t>(need.level.value()));
  }
}

void put_stage(base::ByteWriter& out, const ManifestStage& stage) {
  out.bytes(stage.file.bytes);
  out.u64(stage.bytes);
  out.u32(stage.inputs);
  out.u32(stage.results);
  put_cost(out, stage.cost);
  put_key_needs(out, stage.key_needs);
}

void put_shards(base::ByteWriter& out, const std::vector<ManifestShard>& shards) {
  out.u32(static_cast<std::uint32_t>(shards.size()));
  for (const ManifestShard& shard : shards) {
    out.bytes(shard.file.bytes);
    out.u64(shard.bytes);
    out.u32(shard.results);
    put_cost(out, shard.cost);
    put_key_needs(out, shard.key_needs);
  }
}

plan::program::CostStatement get_cost(base::ByteReader& in) {
  plan::program::CostStatement cost;
  cost.latency_ms = in.f64();
  cost.evaluation_key_bytes = in.u64();
  cost.sealed_bytes = in.u64();
  cost.memory_bytes = in.u64();
  if (!std::isfinite(cost.latency_ms) || cost.latency_ms < 0) in.reject("a predicted time is no time");
  return cost;
}

std::vector<KeyNeed> get_key_needs(base::ByteReader& in) {
  std::vector<KeyNeed> needs(in.count(plan::program::kMaxKeyNeeds, kKeyNeedBytes));
  for (KeyNeed& need : needs) {
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(KeyKind::kDecapsulate)) in.reject("a key need has an unknown kind");
    need.kind = static_cast<KeyKind>(kind);
    need.step = fhe::params::RotationStep(static_cast<std::int32_t>(in.u32()));
    need.level = fhe::params::Level(in.u8());
  }
  return needs;
}

ManifestStage get_stage(base::ByteReader& in) {
  ManifestStage stage;
  stage.file = read_digest(in);
  stage.bytes = in.u64();
  stage.inputs = in.u32();
  stage.results = in.u32();
  stage.cost = get_cost(in);
  stage.key_needs = get_key_needs(in);
  const auto is_count = [](std::uint32_t count, std::size_t most) { return count >= 1 && count <= most; };
  if (!is_count(stage.inputs, plan::program::kMaxInputCiphertexts) ||
      !is_count(stage.results, plan::program::kMaxResults) || stage.bytes > kMaxSealedModelBytes) {
    in.reject("a stage takes, returns or weighs what none can");
  }
  return stage;
}

ManifestShard get_shard(base::ByteReader& in) {
  ManifestShard shard;
  shard.file = read_digest(in);
  shard.bytes = in.u64();
  shard.results = in.u32();
  shard.cost = get_cost(in);
  shard.key_needs = get_key_needs(in);
  if (shard.results < 1 || shard.results > plan::program::kMaxResults || shard.bytes > kMaxSealedModelBytes) {
    in.reject("a shard returns or weighs what none can");
  }
  return shard;
}

bool is_split(const Manifest& manifest) {
  return std::any_of(manifest.stages.begin(), manifest.stages.end(),
                     [](const ManifestStage& stage) { return !stage.shards.empty(); });
}

/// At the end, if anything is there: then at least one stage is split.
void get_all_shards(base::ByteReader& in, Manifest& manifest) {
  if (!in.ok() || in.remaining() == 0) return;
  for (ManifestStage& stage : manifest.stages) {
    const std::size_t count = in.count(kMaxShards, kLeastShardBytes);
    if (count == 1) in.reject("a stage of one shard");
    for (std::size_t i = 0; i < count && in.ok(); ++i) stage.shards.push_back(get_shard(in));
  }
  if (in.ok() && !is_split(manifest)) in.reject("a list of shards without any");
}

/// PATH/NAME.stage<number><what>.sealed
std::string path_beside(const std::string& manifest_path, std::size_t number, const std::string& what) {
  std::filesystem::path path(manifest_path);
  path.replace_filename(fmt::format("{}.stage{}{}.sealed", path.stem().string(), number, what));
  return path.string();
}

}  // namespace

base::Result<void> write_manifest(const std::string& path, const Manifest& manifest,
                                  const artifact::SigningKey& signer) {
  base::ByteWriter info;
  info.bytes(manifest.plan.bytes);
  info.bytes(manifest.key.bytes);
  info.bytes(manifest.sealing.bytes);
  info.u32(static_cast<std::uint32_t>(manifest.stages.size()));
  for (const ManifestStage& stage : manifest.stages) put_stage(info, stage);
  if (is_split(manifest)) {
    for (const ManifestStage& stage : manifest.stages) put_shards(info, stage.shards);
  }
  artifact::ContainerWriter file(ArtifactKind::kManifest, manifest.params, manifest.insecure);
  file.add(number(SectionId::kInfo), info.take());
  return file.write_file(path, base::kPublicMode, base::Existing::kReplace, &signer);
}

base::Result<SignedManifest> read_manifest(std::span<const std::uint8_t> file, const std::string& name,
                                           const artifact::TrustSet* trust) {
  artifact::ContainerExpectation expectation{ArtifactKind::kManifest, name, kMaxManifestBytes};
  expectation.trust = trust;
  OBSCURA_TRY(const auto reader, artifact::ContainerReader::open(file, expectation));
  if (!reader.signer()) {
    return base::fail(base::ErrorCode::kUntrusted, name + " is not signed", "seal the plan again with `obscura seal`");
  }
  OBSCURA_TRY_VOID(check_sections(reader.sections().size(), 1, name));
  OBSCURA_TRY(const auto bytes, reader.section(number(SectionId::kInfo)));
  base::ByteReader in(bytes, name);
  SignedManifest result{Manifest{reader.header().params, reader.header().insecure(), {}, {}, {}, {}}, *reader.signer()};
  result.manifest.plan = read_digest(in);
  result.manifest.key = read_digest(in);
  result.manifest.sealing = read_digest(in);
  const std::size_t stages = in.count(plan::program::kMaxCutStages, kLeastStageBytes);
  if (in.ok() && stages < 2) in.reject("a model of fewer than two stages");
  for (std::size_t i = 0; i < stages && in.ok(); ++i) result.manifest.stages.push_back(get_stage(in));
  get_all_shards(in, result.manifest);
  OBSCURA_TRY_VOID(in.finish());
  return result;
}

std::string stage_path(const std::string& manifest_path, std::size_t number) {
  return path_beside(manifest_path, number, "");
}

std::string shard_path(const std::string& manifest_path, std::size_t number, std::size_t shard) {
  return path_beside(manifest_path, number, fmt::format(".shard{}", shard));
}

std::string merge_path(const std::string& manifest_path, std::size_t number) {
  return path_beside(manifest_path, number, ".merge");
}

std::vector<std::uint32_t> shards_of(const Manifest& manifest) {
  std::vector<std::uint32_t> shards;
  for (const ManifestStage& stage : manifest.stages) {
    shards.push_back(std::max(1u, static_cast<std::uint32_t>(stage.shards.size())));
  }
  return shards;
}

std::vector<ManifestFile> files_of(const Manifest& manifest, const std::string& manifest_path) {
  std::vector<ManifestFile> files;
  StagePlace place{.plan = manifest.plan, .sealing = manifest.sealing};
  place.count = static_cast<std::uint32_t>(manifest.stages.size());
  for (const ManifestStage& stage : manifest.stages) {
    place.shards = std::max(1u, static_cast<std::uint32_t>(stage.shards.size()));
    place.shard = 0;
    for (const ManifestShard& one : stage.shards) {
      ++place.shard;
      files.push_back({shard_path(manifest_path, place.number, place.shard), one.file, one.bytes, place});
    }
    place.shard = place.is_split() ? kMergeFile : 1;
    const auto path = place.is_split() ? merge_path : stage_path;
    files.push_back({path(manifest_path, place.number), stage.file, stage.bytes, place});
    ++place.number;
  }
  return files;
}

}  // namespace obscura::runtime::wire
