#include "runtime/wire/manifest_file.hpp"

#include <fmt/format.h>

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

/// Section kInfo: plan digest, key digest, sealing, list of stages: digest of its file, u64 bytes of its file, u32
/// ciphertexts that it takes, u32 that it returns, f64 predicted ms, u64 bytes of evaluation keys, weights and memory,
/// list of key needs: u8 kind, i32 step, u8 level.
void put_stage(base::ByteWriter& out, const ManifestStage& stage) {
  out.bytes(stage.file.bytes);
  out.u64(stage.bytes);
  out.u32(stage.inputs);
  out.u32(stage.results);
  out.f64(stage.cost.latency_ms);
  out.u64(stage.cost.evaluation_key_bytes);
  out.u64(stage.cost.sealed_bytes);
  out.u64(stage.cost.memory_bytes);
  out.u32(static_cast<std::uint32_t>(stage.key_needs.size()));
  for (const KeyNeed& need : stage.key_needs) {
    out.u8(static_cast<std::uint8_t>(need.kind));
    out.u32(static_cast<std::uint32_t>(need.step.value()));
    out.u8(static_cast<std::uint8_t>(need.level.value()));
  }
}

std::vector<KeyNeed> get_key_needs(base::ByteReader& in) {
  std::vector<KeyNeed> needs(in.count(plan::program::kMaxKeyNeeds, kKeyNeedBytes));
  for (KeyNeed& need : needs) {
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(KeyKind::kRotateRelinearize)) in.reject("a key need has an unknown kind");
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
  stage.cost.latency_ms = in.f64();
  stage.cost.evaluation_key_bytes = in.u64();
  stage.cost.sealed_bytes = in.u64();
  stage.cost.memory_bytes = in.u64();
  stage.key_needs = get_key_needs(in);
  const auto is_count = [](std::uint32_t count, std::size_t most) { return count >= 1 && count <= most; };
  if (!is_count(stage.inputs, plan::program::kMaxInputCiphertexts) ||
      !is_count(stage.results, plan::program::kMaxResults) || stage.bytes > kMaxSealedModelBytes) {
    in.reject("a stage takes, returns or weighs what none can");
  }
  if (!std::isfinite(stage.cost.latency_ms) || stage.cost.latency_ms < 0) in.reject("a predicted time is no time");
  return stage;
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
  SignedManifest result{{reader.header().params, reader.header().insecure(), {}, {}, {}, {}}, *reader.signer()};
  result.manifest.plan = read_digest(in);
  result.manifest.key = read_digest(in);
  result.manifest.sealing = read_digest(in);
  const std::size_t stages = in.count(plan::program::kMaxCutStages, kLeastStageBytes);
  if (in.ok() && stages < 2) in.reject("a model of fewer than two stages");
  for (std::size_t i = 0; i < stages && in.ok(); ++i) result.manifest.stages.push_back(get_stage(in));
  OBSCURA_TRY_VOID(in.finish());
  return result;
}

std::string stage_path(const std::string& manifest_path, std::size_t number) {
  std::filesystem::path path(manifest_path);
  path.replace_filename(fmt::format("{}.stage{}.sealed", path.stem().string(), number));
  return path.string();
}

}  // namespace obscura::runtime::wire
