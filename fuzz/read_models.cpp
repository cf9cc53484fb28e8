#include "artifact/container.hpp"
#include "fuzz/container_pieces.hpp"
#include "fuzz/readers.hpp"
#include "plan/weights/plan_file.hpp"
#include "runtime/wire/manifest_file.hpp"
#include "runtime/wire/sealed_model.hpp"
#include "runtime/wire/spec_file.hpp"

namespace obscura::fuzz {
namespace {

namespace wire = runtime::wire;

constexpr std::uint32_t kInfoSection = 2;
constexpr std::uint32_t kSeedSection = 4;
constexpr std::size_t kFormInInfo = 32;

template <class T>
Reading refusal(const base::Result<T>& result) {
  return {result.error(), std::nullopt};
}

/// Of a sealed file that was read whole, what its own writer makes of it. Every weight is read; the first that is
/// refused ends it.
base::Result<Bytes> rewritten(const wire::SealedModel& model, const fhe::ring::RingContext& ring, bool whole,
                              Pieces pieces, const ScratchFolder& folder, const artifact::SigningKey& signer) {
  const bool seeded = (*pieces.section(kInfoSection))[kFormInInfo] == 0;
  const auto form = seeded ? wire::SealedForm::kSeeded : wire::SealedForm::kTwoPart;
  fhe::random::Seed256 seed;
  std::ranges::copy(*pieces.section(kSeedSection), seed.bytes.begin());
  const std::string path = folder.path("again");
  auto writer = whole ? wire::SealedModelWriter::create(path, ring, model.program(), model.key(), form)
                      : wire::SealedModelWriter::create(path, ring, model.program(), model.key(), form, model.place());
  if (!writer) return tl::make_unexpected(writer.error());
  for (std::size_t i = 0; i < model.weights(); ++i) {
    OBSCURA_TRY(auto weight, model.weight(ring, plan::program::WeightId(static_cast<int>(i))));
    if (!seeded) {
      OBSCURA_TRY_VOID(writer->add(weight));
      continue;
    }
    const auto level = weight.level();
    const auto scale = weight.scale();
    auto [c0, c1] = std::move(weight).release();
    OBSCURA_TRY_VOID(writer->add({std::move(c0), seed, model.place().number_of_weight(i), level, scale}));
  }
  OBSCURA_TRY_VOID(writer->commit(signer));
  return folder.read("again");
}

}  // namespace

Reading Readers::plan(std::span<const std::uint8_t> bytes) const {
  const auto plan = plan::weights::read_plan(bytes, "x.plan");
  if (!plan) return refusal(plan);
  return {std::nullopt, plan::weights::write_plan(*plan)};
}

Reading Readers::spec(std::span<const std::uint8_t> bytes) const {
  const auto spec = wire::read_spec(bytes, "x.spec");
  if (!spec) return refusal(spec);
  return {std::nullopt, wire::write_spec(spec->program, spec->labels)};
}

Reading Readers::sealed(std::span<const std::uint8_t> bytes) const {
  const auto header = artifact::read_any_header(bytes, bytes.size(), "x.sealed");
  const bool whole = !header || header->kind == artifact::ArtifactKind::kSealedModel;
  const auto model = whole ? wire::SealedModel::open(bytes, "x.sealed", &trust())
                           : wire::SealedModel::open_stage(bytes, "x.sealed", &trust());
  if (!model) return refusal(model);
  const fhe::ring::RingContext* ring = ring_of(model->program().params);
  if (ring == nullptr) return {};
  auto again = rewritten(*model, *ring, whole, *take_apart(bytes), folder_, workshop_.signer());
  if (!again) return refusal(again);
  return {std::nullopt, std::move(*again)};
}

Reading Readers::manifest(std::span<const std::uint8_t> bytes) const {
  const auto manifest = wire::read_manifest(bytes, "x.manifest", &trust());
  if (!manifest) return refusal(manifest);
  (void)wire::files_of(manifest->manifest, "x.manifest");
  if (!wire::write_manifest(folder_.path("again"), manifest->manifest, workshop_.signer())) return {};
  return {std::nullopt, folder_.read("again")};
}

}  // namespace obscura::fuzz
