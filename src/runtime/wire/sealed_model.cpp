#include "runtime/wire/sealed_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "artifact/header.hpp"
#include "base/bytes.hpp"
#include "fhe/ckks/expand.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/operation.hpp"
#include "plan/program/serialize.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

using artifact::ArtifactKind;

/// Section kInfo: key digest, u8 form; in a stage then plan digest, sealing, u32 stage, u32 stages, u64 number of the
/// first weight in the whole program; in a shard or a merge, instead of that number, u32 shard (0: the merge), u32
/// shards, list of runs of weights: u64 number of the first in the whole program, u64 count. Section kSeed: 32 bytes,
/// zero for two-part weights and where there are none. Item i: c0 of weight i, packed, whose c1 is the uniform of the
/// seed with the weight's number in the whole program; or c0 and c1.
artifact::ContainerExpectation expectation(ArtifactKind kind, const std::string& name,
                                           const artifact::TrustSet* trust) {
  artifact::ContainerExpectation result{kind, name, kMaxSealedModelBytes};
  result.max_sections = static_cast<std::uint32_t>(plan::program::kMaxWeights) + 8;
  result.trust = trust;
  return result;
}

using plan::program::WeightRun;

void put_place(base::ByteWriter& out, const StagePlace& place) {
  out.bytes(place.plan.bytes);
  out.bytes(place.sealing.bytes);
  out.u32(place.number);
  out.u32(place.count);
  if (!place.is_split()) {
    out.u64(place.weights.empty() ? 0 : static_cast<std::uint64_t>(place.weights.front().first));
    return;
  }
  out.u32(place.shard);
  out.u32(place.shards);
  out.u32(static_cast<std::uint32_t>(place.weights.size()));
  for (const WeightRun& run : place.weights) {
    out.u64(static_cast<std::uint64_t>(run.first));
    out.u64(static_cast<std::uint64_t>(run.count));
  }
}

/// Ascending runs of, together, as many weights as the program has.
std::vector<WeightRun> get_runs(base::ByteReader& in, std::size_t weights) {
  std::vector<WeightRun> runs(in.count(plan::program::kMaxWeights, 16));
  std::uint64_t end = 0;
  std::uint64_t total = 0;
  for (WeightRun& run : runs) {
    const std::uint64_t first = in.u64();
    const std::uint64_t count = in.u64();
    const bool fits = first >= end && first <= plan::program::kMaxWeights && count >= 1 &&
                      count <= plan::program::kMaxWeights - first;
    if (!fits) in.reject("weights whose numbers do not ascend, or are too large");
    if (!in.ok()) return {};
    run = {static_cast<int>(first), static_cast<int>(count)};
    end = first + count;
    total += count;
  }
  if (total != weights) in.reject("numbers of more or fewer weights than it holds");
  return runs;
}

StagePlace get_place(base::ByteReader& in, bool split, std::size_t weights) {
  StagePlace place;
  place.plan = read_digest(in);
  place.sealing = read_digest(in);
  place.number = in.u32();
  place.count = in.u32();
  const bool numbered = place.number >= 1 && place.number <= place.count && place.count >= 2 &&
                        place.count <= plan::program::kMaxCutStages;
  if (!numbered) in.reject("a stage whose number is not one of the stages");
  if (split) {
    place.shard = in.u32();
    place.shards = in.u32();
    if (place.shards < 2 || place.shards > kMaxShards || place.shard > place.shards) {
      in.reject("a shard whose number is not one of the shards");
    }
    place.weights = get_runs(in, weights);
    return place;
  }
  const std::uint64_t first = in.u64();
  if (first > plan::program::kMaxWeights) in.reject("a weight whose number is too large");
  if (in.ok()) place.weights = {{static_cast<int>(first), static_cast<int>(weights)}};
  return place;
}

/// Of one encrypted weight in a file.
std::size_t weight_bytes(const fhe::ring::RingContext& ring, const plan::program::WeightInfo& weight, SealedForm form) {
  const auto basis = weight.extended ? ring.basis_qp(weight.level) : ring.basis_q(weight.level);
  return (form == SealedForm::kSeeded ? 1 : 2) * packed_bytes(ring, basis);
}

/// Partial sums are made in shards and joined in merges, and nowhere else.
bool has_partial_sums_in_place(const plan::program::Program& program, const StagePlace& place) {
  namespace ir = plan::program;
  return std::ranges::all_of(program.instructions, [&](const ir::Instruction& instruction) {
    const auto& operation = instruction.operation;
    if (std::holds_alternative<ir::Join>(operation)) return place.is_merge();
    if (!ir::is_partial(operation)) return true;
    return std::holds_alternative<ir::Input>(operation) ? place.is_merge() : place.is_shard();
  });
}

}  // namespace

base::Result<SealedModelWriter> SealedModelWriter::create(const std::string& path, const fhe::ring::RingContext& ring,
                                                          const plan::program::Program& program,
                                                          const artifact::Digest& key, SealedForm form) {
  return create(path, ring, program, key, form, std::nullopt);
}

base::Result<SealedModelWriter> SealedModelWriter::create(const std::string& path, const fhe::ring::RingContext& ring,
                                                          const plan::program::Program& stage,
                                                          const artifact::Digest& key, SealedForm form,
                                                          const StagePlace& place) {
  return create(path, ring, stage, key, form, std::optional(place));
}

base::Result<SealedModelWriter> SealedModelWriter::create(const std::string& path, const fhe::ring::RingContext& ring,
                                                          const plan::program::Program& program,
                                                          const artifact::Digest& key, SealedForm form,
                                                          std::optional<StagePlace> place) {
  const std::vector<std::uint8_t> program_bytes = plan::program::serialize(program);
  base::ByteWriter info;
  info.bytes(key.bytes);
  info.u8(static_cast<std::uint8_t>(form));
  if (place) put_place(info, *place);
  const std::vector<std::uint8_t> info_bytes = info.take();
  std::vector<artifact::PlannedSection> sections = {{number(SectionId::kProgram), program_bytes.size()}};
  for (std::size_t i = 0; i < program.weights.size(); ++i) {
    sections.push_back({item_section(i), weight_bytes(ring, program.weights[i], form)});
  }
  sections.push_back({number(SectionId::kInfo), info_bytes.size()});
  sections.push_back({number(SectionId::kSeed), sizeof(fhe::random::Seed256::bytes)});
  const ArtifactKind kind = !place              ? ArtifactKind::kSealedModel
                            : place->is_split() ? ArtifactKind::kSealedShard
                                                : ArtifactKind::kSealedStage;
  OBSCURA_TRY(auto file, artifact::ContainerFile::create(path, kind, params_digest(program.params, program.insecure),
                                                         program.insecure, true, sections));
  OBSCURA_TRY_VOID(file.write(number(SectionId::kProgram), program_bytes));
  OBSCURA_TRY_VOID(file.write(number(SectionId::kInfo), info_bytes));
  return SealedModelWriter(std::move(file), ring, program.weights.size(), form, std::move(place));
}

SealedModelWriter::SealedModelWriter(artifact::ContainerFile file, const fhe::ring::RingContext& ring,
                                     std::size_t weights, SealedForm form, std::optional<StagePlace> place)
    : file_(std::move(file)), ring_(&ring), expected_(weights), form_(form), place_(std::move(place)) {}

base::Result<void> SealedModelWriter::add(const fhe::ckks::SeededCiphertext& weight) {
  const std::uint64_t due = place_ ? place_->number_of_weight(added_) : added_;
  OBSCURA_CHECK(weight.index == due && (added_ == 0 || weight.seed == seed_), "weights share a seed and come in order");
  OBSCURA_CHECK(form_ == SealedForm::kSeeded, "a sealed model holds weights of one form");
  seed_ = weight.seed;
  std::vector<std::uint8_t> item;
  append_packed(*ring_, weight.c0, item);
  return file_.write(item_section(added_++), item);
}

base::Result<void> SealedModelWriter::add(const fhe::ckks::Ciphertext& weight) {
  OBSCURA_CHECK(form_ == SealedForm::kTwoPart, "a sealed model holds weights of one form");
  std::vector<std::uint8_t> item;
  append_packed(*ring_, weight.c0(), item);
  append_packed(*ring_, weight.c1(), item);
  return file_.write(item_section(added_++), item);
}

base::Result<void> SealedModelWriter::commit(const artifact::SigningKey& signer) {
  OBSCURA_CHECK(added_ == expected_, "a sealed model holds every weight");
  OBSCURA_TRY_VOID(file_.write(number(SectionId::kSeed), seed_.bytes));
  return file_.commit(&signer);
}

base::Result<SealedModel> SealedModel::open(std::span<const std::uint8_t> file, const std::string& name,
                                            const artifact::TrustSet* trust) {
  return open(ArtifactKind::kSealedModel, file, name, trust);
}

base::Result<SealedModel> SealedModel::open_stage(std::span<const std::uint8_t> file, const std::string& name,
                                                  const artifact::TrustSet* trust) {
  const auto header = artifact::read_any_header(file, file.size(), name);
  const bool split = header && header->kind == ArtifactKind::kSealedShard;
  return open(split ? ArtifactKind::kSealedShard : ArtifactKind::kSealedStage, file, name, trust);
}

base::Result<SealedModel> SealedModel::open(ArtifactKind kind, std::span<const std::uint8_t> file,
                                            const std::string& name, const artifact::TrustSet* trust) {
  OBSCURA_TRY(auto reader, artifact::LazyContainerReader::open(file, expectation(kind, name, trust)));
  SealedModel model(std::move(reader), name);
  if (!model.reader_.signer()) {
    return base::fail(base::ErrorCode::kUntrusted, name + " is not signed", "seal the plan again with `obscura seal`");
  }
  model.signer_ = *model.reader_.signer();
  OBSCURA_TRY_VOID(model.parse_program());
  OBSCURA_TRY_VOID(model.parse_info());
  return model;
}

base::Result<void> SealedModel::parse_program() {
  OBSCURA_TRY(const auto bytes, reader_.copy_section(number(SectionId::kProgram)));
  if (reader_.header().kind == ArtifactKind::kSealedModel) {
    OBSCURA_TRY(program_, plan::program::parse(bytes));
    place_.plan = artifact::sha256(bytes);
  } else {
    OBSCURA_TRY(program_, plan::program::parse_stage(bytes));
  }
  return check_header(reader_.header(), params_digest(program_.params, program_.insecure), program_.insecure, name_);
}

base::Result<void> SealedModel::parse_info() {
  OBSCURA_TRY(const auto info_bytes, reader_.copy_section(number(SectionId::kInfo)));
  OBSCURA_TRY(const auto seed_bytes, reader_.copy_section(number(SectionId::kSeed)));
  OBSCURA_TRY(seed_, read_seed(seed_bytes, name_));
  base::ByteReader info(info_bytes, name_);
  key_ = read_digest(info);
  const std::uint8_t form = info.u8();
  if (form > static_cast<std::uint8_t>(SealedForm::kTwoPart)) info.reject("an unknown form of weights");
  form_ = static_cast<SealedForm>(form);
  if (form_ == SealedForm::kTwoPart && program_.sealing_key != plan::program::SealingKey::kPublic) {
    info.reject("weights under the public key, but a plan that counts on the secret one");
  }
  const bool needs_seed = form_ == SealedForm::kSeeded && !program_.weights.empty();
  if (!needs_seed && seed_.bytes != fhe::random::Seed256().bytes) {
    info.reject("a seed for weights that are there whole");
  }
  const ArtifactKind kind = reader_.header().kind;
  if (kind != ArtifactKind::kSealedModel) {
    place_ = get_place(info, kind == ArtifactKind::kSealedShard, program_.weights.size());
  }
  if (!has_partial_sums_in_place(program_, place_)) info.reject("partial sums that are no shard's or no merge's");
  OBSCURA_TRY_VOID(info.finish());
  return check_sections(reader_.sections().size(), program_.weights.size() + 3, name_);
}

base::Result<fhe::ckks::Ciphertext> SealedModel::weight(const fhe::ring::RingContext& ring,
                                                        plan::program::WeightId id) const {
  const auto index = static_cast<std::size_t>(id.value());
  OBSCURA_CHECK(index < program_.weights.size(), "there is no such weight");
  const auto& form = program_.weights[index];
  const auto basis = form.extended ? ring.basis_qp(form.level) : ring.basis_q(form.level);
  OBSCURA_TRY(const auto bytes, reader_.copy_section(item_section(index)));
  if (bytes.size() != weight_bytes(ring, form, form_)) {
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("{}: weight {} has the wrong size", name_, index),
                      "get the sealed model again from its owner");
  }
  const std::size_t half = packed_bytes(ring, basis);
  OBSCURA_TRY(auto c0, unpack(ring, basis, std::span(bytes).first(half), name_));
  if (form_ == SealedForm::kSeeded) {
    return fhe::ckks::expand(ring, {std::move(c0), seed_, place_.number_of_weight(index), form.level, form.scale});
  }
  OBSCURA_TRY(auto c1, unpack(ring, basis, std::span(bytes).last(half), name_));
  return fhe::ckks::Ciphertext(std::move(c0), std::move(c1), form.level, form.scale);
}

}  // namespace obscura::runtime::wire
