#include "runtime/wire/sealed_model.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "fhe/ckks/expand.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/serialize.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

/// Section kInfo: key digest, u8 form. Section kSeed: 32 bytes, zero for two-part weights. Item i: c0 of weight i,
/// packed, whose c1 is uniform number i of the seed; or c0 and c1.
artifact::ContainerExpectation expectation(const std::string& name, const artifact::TrustSet* trust) {
  artifact::ContainerExpectation result{artifact::ArtifactKind::kSealedModel, name, kMaxSealedModelBytes};
  result.max_sections = static_cast<std::uint32_t>(plan::program::kMaxWeights) + 8;
  result.trust = trust;
  return result;
}

}  // namespace

SealedModelWriter::SealedModelWriter(const fhe::ring::RingContext& ring, const plan::program::Program& program,
                                     const artifact::Digest& key)
    : ring_(&ring),
      file_(artifact::ArtifactKind::kSealedModel, params_digest(program.params, program.insecure), program.insecure),
      expected_(program.weights.size()),
      key_(key) {
  file_.add(number(SectionId::kProgram), plan::program::serialize(program));
}

void SealedModelWriter::add(const fhe::ckks::SeededCiphertext& weight) {
  OBSCURA_CHECK(weight.index == added_ && (added_ == 0 || weight.seed == seed_),
                "weights share a seed and come in order");
  OBSCURA_CHECK(added_ == 0 || form_ == SealedForm::kSeeded, "a sealed model holds weights of one form");
  seed_ = weight.seed;
  std::vector<std::uint8_t> item;
  append_packed(*ring_, weight.c0, item);
  file_.add(item_section(added_++), std::move(item));
}

void SealedModelWriter::add(const fhe::ckks::Ciphertext& weight) {
  OBSCURA_CHECK(added_ == 0 || form_ == SealedForm::kTwoPart, "a sealed model holds weights of one form");
  form_ = SealedForm::kTwoPart;
  std::vector<std::uint8_t> item;
  append_packed(*ring_, weight.c0(), item);
  append_packed(*ring_, weight.c1(), item);
  file_.add(item_section(added_++), std::move(item));
}

base::Result<void> SealedModelWriter::write_file(const std::string& path, const artifact::SigningKey& signer) {
  OBSCURA_CHECK(added_ == expected_, "a sealed model holds every weight");
  base::ByteWriter info;
  info.bytes(key_.bytes);
  info.u8(static_cast<std::uint8_t>(form_));
  file_.add(number(SectionId::kInfo), info.take());
  file_.add(number(SectionId::kSeed), {seed_.bytes.begin(), seed_.bytes.end()});
  return file_.write_file(path, base::kPublicMode, base::Existing::kReplace, &signer);
}

base::Result<SealedModel> SealedModel::open(std::span<const std::uint8_t> file, const std::string& name,
                                            const artifact::TrustSet* trust) {
  OBSCURA_TRY(auto reader, artifact::LazyContainerReader::open(file, expectation(name, trust)));
  SealedModel model(std::move(reader), name);
  if (!model.reader_.signer()) {
    return base::fail(base::ErrorCode::kUntrusted, name + " is not signed", "seal the plan again with `obscura seal`");
  }
  model.signer_ = *model.reader_.signer();
  OBSCURA_TRY_VOID(model.parse_info());
  return model;
}

base::Result<void> SealedModel::parse_info() {
  OBSCURA_TRY(const auto program_bytes, reader_.copy_section(number(SectionId::kProgram)));
  OBSCURA_TRY(const auto info_bytes, reader_.copy_section(number(SectionId::kInfo)));
  OBSCURA_TRY(const auto seed_bytes, reader_.copy_section(number(SectionId::kSeed)));
  OBSCURA_TRY(seed_, read_seed(seed_bytes, name_));
  OBSCURA_TRY(program_, plan::program::parse(program_bytes));
  OBSCURA_TRY_VOID(
      check_header(reader_.header(), params_digest(program_.params, program_.insecure), program_.insecure, name_));
  base::ByteReader info(info_bytes, name_);
  key_ = read_digest(info);
  const std::uint8_t form = info.u8();
  if (form > static_cast<std::uint8_t>(SealedForm::kTwoPart)) info.reject("an unknown form of weights");
  form_ = static_cast<SealedForm>(form);
  if (form_ == SealedForm::kTwoPart && program_.sealing_key != plan::program::SealingKey::kPublic) {
    info.reject("weights under the public key, but a plan that counts on the secret one");
  }
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
  const std::size_t half = packed_bytes(ring, basis);
  const std::size_t halves = form_ == SealedForm::kSeeded ? 1 : 2;
  if (bytes.size() != halves * half) {
    return base::fail(base::ErrorCode::kCorrupt, fmt::format("{}: weight {} has the wrong size", name_, index),
                      "get the sealed model again from its owner");
  }
  OBSCURA_TRY(auto c0, unpack(ring, basis, std::span(bytes).first(half), name_));
  if (form_ == SealedForm::kSeeded) {
    return fhe::ckks::expand(ring, {std::move(c0), seed_, index, form.level, form.scale});
  }
  OBSCURA_TRY(auto c1, unpack(ring, basis, std::span(bytes).last(half), name_));
  return fhe::ckks::Ciphertext(std::move(c0), std::move(c1), form.level, form.scale);
}

}  // namespace obscura::runtime::wire
