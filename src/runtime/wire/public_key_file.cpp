#include "runtime/wire/public_key_file.hpp"

#include "base/bytes.hpp"
#include "fhe/ckks/expand.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

artifact::Digest digest_of_key(std::span<const std::uint8_t> seed, std::span<const std::uint8_t> half) {
  return artifact::Sha256().update(seed).update(half).finish();
}

std::vector<std::uint8_t> packed_half(const fhe::ring::RingContext& ring, const fhe::ckks::PublicKey& key) {
  std::vector<std::uint8_t> bytes;
  append_packed(ring, key.b, bytes);
  return bytes;
}

}  // namespace

artifact::Digest key_digest(const fhe::ring::RingContext& ring, const fhe::ckks::PublicKey& key) {
  return digest_of_key(key.seed.bytes, packed_half(ring, key));
}

std::vector<std::uint8_t> write_public_key(const fhe::ring::RingContext& ring, const plan::program::Program& program,
                                           const fhe::ckks::PublicKey& key) {
  artifact::ContainerWriter file(artifact::ArtifactKind::kPublicKey, params_digest(program.params, program.insecure),
                                 program.insecure);
  auto half = packed_half(ring, key);
  base::ByteWriter info;
  info.bytes(plan_digest(program).bytes);
  info.bytes(digest_of_key(key.seed.bytes, half).bytes);
  file.add(number(SectionId::kProgram), plan::program::serialize(plan::program::request_form_of(program)));
  file.add(number(SectionId::kInfo), info.take());
  file.add(number(SectionId::kSeed), {key.seed.bytes.begin(), key.seed.bytes.end()});
  file.add(item_section(0), std::move(half));
  return file.finish();
}

base::Result<PublicKeyFile> PublicKeyFile::open(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(auto reader,
              artifact::ContainerReader::open(file, {artifact::ArtifactKind::kPublicKey, name, kMaxPublicKeyBytes}));
  OBSCURA_TRY_VOID(check_sections(reader.sections().size(), 4, name));
  OBSCURA_TRY(const auto form_bytes, reader.section(number(SectionId::kProgram)));
  OBSCURA_TRY(const auto info_bytes, reader.section(number(SectionId::kInfo)));
  OBSCURA_TRY(const auto seed, reader.section(number(SectionId::kSeed)));
  OBSCURA_TRY(const auto half, reader.section(item_section(0)));
  base::ByteReader info(info_bytes, name);
  const auto plan = read_digest(info);
  const auto key = read_digest(info);
  OBSCURA_TRY_VOID(info.finish());
  OBSCURA_TRY(auto form, plan::program::parse_request_form(form_bytes));
  OBSCURA_TRY_VOID(check_header(reader.header(), params_digest(form.params, form.insecure), form.insecure, name));
  if (key != digest_of_key(seed, half)) {
    return base::fail(base::ErrorCode::kCorrupt, name + ": the key is not the one whose fingerprint it states",
                      "get the file again from the key holder");
  }
  PublicKeyFile result(std::move(reader), std::move(form), name);
  result.plan_ = plan;
  result.key_ = key;
  return result;
}

base::Result<fhe::ckks::PublicKey> PublicKeyFile::load(const fhe::ring::RingContext& ring) const {
  OBSCURA_TRY(const auto seed_bytes, reader_.section(number(SectionId::kSeed)));
  OBSCURA_TRY(const auto half, reader_.section(item_section(0)));
  OBSCURA_TRY(const auto seed, read_seed(seed_bytes, name_));
  OBSCURA_TRY(auto b, unpack(ring, ring.basis_qp(ring.params().max_level()), half, name_));
  return fhe::ckks::expand_public_key(ring, std::move(b), seed);
}

}  // namespace obscura::runtime::wire
