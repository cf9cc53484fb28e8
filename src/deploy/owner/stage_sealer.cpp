#include "deploy/owner/stage_sealer.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::deploy::owner {

namespace wire = runtime::wire;

StageSealer::StageSealer(const fhe::ring::RingContext& ring, const plan::program::Program& whole,
                         std::vector<plan::program::StageParts> stages, const artifact::Digest& key,
                         wire::SealedForm form, std::string manifest_path, const artifact::SigningKey& signer)
    : ring_(&ring),
      stages_(std::move(stages)),
      form_(form),
      manifest_path_(std::move(manifest_path)),
      signer_(&signer),
      manifest_{wire::params_digest(whole.params, whole.insecure),
                whole.insecure,
                wire::plan_digest(whole),
                key,
                {fhe::random::random_seed().bytes},
                {}} {
  OBSCURA_CHECK(stages_.size() >= 2, "a model of one stage is sealed whole");
}

base::Result<void> StageSealer::begin_stage() {
  const std::size_t index = manifest_.stages.size();
  const std::size_t number = index + 1;
  const plan::program::StageParts& stage = stages_[index];
  std::vector<std::pair<const plan::program::Part*, std::string>> parts;
  for (const plan::program::Part& shard : stage.shards) {
    parts.emplace_back(&shard, wire::shard_path(manifest_path_, number, parts.size() + 1));
  }
  const std::size_t shards = stage.shards.size();
  parts.emplace_back(&stage.last,
                     shards > 0 ? wire::merge_path(manifest_path_, number) : wire::stage_path(manifest_path_, number));
  file_of_.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [part, path] = parts[i];
    const bool is_merge = shards > 0 && i == shards;
    const wire::StagePlace place{.plan = manifest_.plan,
                                 .sealing = manifest_.sealing,
                                 .number = static_cast<std::uint32_t>(number),
                                 .count = static_cast<std::uint32_t>(stages_.size()),
                                 .weights = part->weights,
                                 .shards = static_cast<std::uint32_t>(std::max<std::size_t>(1, shards)),
                                 .shard = is_merge ? wire::kMergeFile : static_cast<std::uint32_t>(i) + 1};
    OBSCURA_TRY(auto writer, wire::SealedModelWriter::create(path, *ring_, part->program, manifest_.key, form_, place));
    files_.push_back({part, path, std::move(writer)});
    for (std::size_t weight = 0; weight < part->program.weights.size(); ++weight) {
      file_of_[place.number_of_weight(weight)] = i;
    }
  }
  return {};
}

base::Result<wire::ManifestShard> StageSealer::finish_file(std::size_t part) {
  PartFile& written = files_[part];
  OBSCURA_TRY_VOID(written.writer.commit(*signer_));
  OBSCURA_TRY(const auto file, base::MappedFile::open(written.path, wire::kMaxSealedModelBytes));
  const plan::program::Program& program = written.part->program;
  return wire::ManifestShard{artifact::sha256(file.bytes()), file.bytes().size(),
                             static_cast<std::uint32_t>(program.results.size()), program.cost, program.key_needs};
}

base::Result<void> StageSealer::finish_stage() {
  const std::size_t shards = files_.size() - 1;
  wire::ManifestStage stage;
  for (std::size_t i = 0; i < shards; ++i) {
    OBSCURA_TRY(auto shard, finish_file(i));
    stage.shards.push_back(std::move(shard));
  }
  OBSCURA_TRY(auto last, finish_file(shards));
  stage.file = last.file;
  stage.bytes = last.bytes;
  stage.inputs = static_cast<std::uint32_t>(files_.front().part->program.input_packing.ciphertexts);
  stage.results = last.results;
  stage.cost = last.cost;
  stage.key_needs = std::move(last.key_needs);
  manifest_.stages.push_back(std::move(stage));
  files_.clear();
  return {};
}

template <class Weight>
base::Result<void> StageSealer::add_any(const Weight& weight) {
  while (files_.empty() || !file_of_.contains(added_)) {
    if (!files_.empty()) OBSCURA_TRY_VOID(finish_stage());
    OBSCURA_CHECK(manifest_.stages.size() < stages_.size(), "the stages have as many weights as the program");
    OBSCURA_TRY_VOID(begin_stage());
  }
  return files_[file_of_.at(added_++)].writer.add(weight);
}

base::Result<wire::Manifest> StageSealer::finish() {
  while (manifest_.stages.size() < stages_.size()) {
    if (files_.empty()) OBSCURA_TRY_VOID(begin_stage());
    OBSCURA_TRY_VOID(finish_stage());
  }
  OBSCURA_TRY_VOID(wire::write_manifest(manifest_path_, manifest_, *signer_));
  return manifest_;
}

template base::Result<void> StageSealer::add_any(const fhe::ckks::SeededCiphertext& weight);
template base::Result<void> StageSealer::add_any(const fhe::ckks::Ciphertext& weight);

}  // namespace obscura::deploy::owner
