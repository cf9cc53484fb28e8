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
                         std::string manifest_path, const artifact::SigningKey& signer)
    : ring_(&ring),
      stages_(std::move(stages)),
      manifest_path_(std::move(manifest_path)),
      signer_(&signer),
      manifest_{wire::params_digest(whole.params, whole.insecure),
                whole.insecure,
                wire::plan_digest(whole),
                key,
                {fhe::random::random_seed().bytes},
                {}} {
  OBSCURA_CHECK(stages_.size() >= 2, "a model of one stage is sealed whole");
  begin_stage();
}

void StageSealer::begin_stage() {
  const std::size_t index = manifest_.stages.size();
  const plan::program::StageParts& stage = stages_[index];
  parts_.clear();
  part_of_.clear();
  for (const plan::program::Part& shard : stage.shards) parts_.push_back(&shard);
  parts_.push_back(&stage.last);
  const auto shards = static_cast<std::uint32_t>(std::max<std::size_t>(1, stage.shards.size()));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const plan::program::Part& part = *parts_[i];
    const bool is_merge = shards > 1 && i == shards;
    const wire::StagePlace place{.plan = manifest_.plan,
                                 .sealing = manifest_.sealing,
                                 .number = static_cast<std::uint32_t>(index) + 1,
                                 .count = static_cast<std::uint32_t>(stages_.size()),
                                 .weights = part.weights,
                                 .shards = shards,
                                 .shard = is_merge ? wire::kMergeFile : static_cast<std::uint32_t>(i) + 1};
    writers_.push_back(std::make_unique<wire::SealedModelWriter>(*ring_, part.program, manifest_.key, place));
    for (std::size_t weight = 0; weight < part.program.weights.size(); ++weight) {
      part_of_[place.number_of_weight(weight)] = i;
    }
  }
}

base::Result<wire::ManifestShard> StageSealer::write_part(std::size_t part, const std::string& path) {
  OBSCURA_TRY_VOID(writers_[part]->write_file(path, *signer_));
  writers_[part].reset();
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, wire::kMaxSealedModelBytes));
  const plan::program::Program& program = parts_[part]->program;
  return wire::ManifestShard{artifact::sha256(file.bytes()), file.bytes().size(),
                             static_cast<std::uint32_t>(program.results.size()), program.cost, program.key_needs};
}

base::Result<void> StageSealer::finish_stage() {
  const std::size_t number = manifest_.stages.size() + 1;
  const std::size_t shards = parts_.size() - 1;
  wire::ManifestStage stage;
  for (std::size_t i = 0; i < shards; ++i) {
    OBSCURA_TRY(auto shard, write_part(i, wire::shard_path(manifest_path_, number, i + 1)));
    stage.shards.push_back(std::move(shard));
  }
  const bool split = shards > 0;
  OBSCURA_TRY(auto last, write_part(shards, split ? wire::merge_path(manifest_path_, number)
                                                  : wire::stage_path(manifest_path_, number)));
  stage.file = last.file;
  stage.bytes = last.bytes;
  stage.inputs = static_cast<std::uint32_t>(parts_.front()->program.input_packing.ciphertexts);
  stage.results = last.results;
  stage.cost = last.cost;
  stage.key_needs = std::move(last.key_needs);
  manifest_.stages.push_back(std::move(stage));
  writers_.clear();
  if (number < stages_.size()) begin_stage();
  return {};
}

template <class Weight>
base::Result<void> StageSealer::add_any(const Weight& weight) {
  while (!part_of_.contains(added_)) {
    OBSCURA_TRY_VOID(finish_stage());
    OBSCURA_CHECK(!writers_.empty(), "the stages have as many weights as the program");
  }
  writers_[part_of_.at(added_)]->add(weight);
  ++added_;
  return {};
}

base::Result<wire::Manifest> StageSealer::finish() {
  while (manifest_.stages.size() < stages_.size()) OBSCURA_TRY_VOID(finish_stage());
  OBSCURA_TRY_VOID(wire::write_manifest(manifest_path_, manifest_, *signer_));
  return manifest_;
}

template base::Result<void> StageSealer::add_any(const fhe::ckks::SeededCiphertext& weight);
template base::Result<void> StageSealer::add_any(const fhe::ckks::Ciphertext& weight);

}  // namespace obscura::deploy::owner
