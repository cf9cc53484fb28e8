#include "deploy/owner/stage_sealer.hpp"

#include <utility>

#include "base/check.hpp"
#include "base/file.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"

namespace obscura::deploy::owner {

namespace wire = runtime::wire;

StageSealer::StageSealer(const fhe::ring::RingContext& ring, const plan::program::Program& whole,
                         std::vector<plan::program::CutStage> stages, const artifact::Digest& key,
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
  const plan::program::CutStage& stage = stages_[index];
  const wire::StagePlace place{manifest_.plan, manifest_.sealing, static_cast<std::uint32_t>(index) + 1,
                               static_cast<std::uint32_t>(stages_.size()),
                               static_cast<std::uint64_t>(stage.first_weight)};
  writer_ = std::make_unique<wire::SealedModelWriter>(*ring_, stage.program, manifest_.key, place);
  added_ = 0;
}

base::Result<void> StageSealer::finish_stage() {
  const std::size_t index = manifest_.stages.size();
  const plan::program::Program& program = stages_[index].program;
  const std::string path = wire::stage_path(manifest_path_, index + 1);
  OBSCURA_TRY_VOID(writer_->write_file(path, *signer_));
  writer_.reset();
  OBSCURA_TRY(const auto file, base::MappedFile::open(path, wire::kMaxSealedModelBytes));
  manifest_.stages.push_back({artifact::sha256(file.bytes()), file.bytes().size(),
                              static_cast<std::uint32_t>(program.input_packing.ciphertexts),
                              static_cast<std::uint32_t>(program.results.size()), program.cost, program.key_needs});
  if (index + 1 < stages_.size()) begin_stage();
  return {};
}

template <class Weight>
base::Result<void> StageSealer::add_any(const Weight& weight) {
  while (added_ == stages_[manifest_.stages.size()].program.weights.size()) {
    OBSCURA_TRY_VOID(finish_stage());
    OBSCURA_CHECK(writer_ != nullptr, "the stages have as many weights as the program");
  }
  writer_->add(weight);
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
