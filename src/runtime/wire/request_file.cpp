#include "runtime/wire/request_file.hpp"

#include <algorithm>
#include <utility>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "plan/program/limits.hpp"
#include "runtime/wire/detail/ciphertext_list.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

using artifact::ArtifactKind;

/// Section kInfo: plan, key and request digests, u32 number of ciphertexts, then u8 level and the scale (i64 exponent
/// of two, u8 count, i64 exponent per prime): once in a request, whose ciphertexts share them, per ciphertext in a
/// result; then u32 number of images, if the request holds fewer than it may. Items: c0 and c1 of each ciphertext,
/// packed.
struct Info {
  Provenance provenance;
  std::size_t ciphertexts = 0;
  detail::Places places;
};

std::size_t places(ArtifactKind kind, std::size_t ciphertexts) {
  return kind == ArtifactKind::kResult ? ciphertexts : 1;
}

std::vector<std::uint8_t> write_info(ArtifactKind kind, const Provenance& provenance,
                                     std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  base::ByteWriter out;
  detail::put_provenance(out, provenance);
  out.u32(static_cast<std::uint32_t>(ciphertexts.size()));
  for (const auto& ciphertext : ciphertexts.first(places(kind, ciphertexts.size()))) detail::put_place(out, ciphertext);
  detail::put_images(out, provenance);
  return out.take();
}

base::Result<Info> parse_info(ArtifactKind kind, std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  Info info;
  info.provenance = detail::get_provenance(reader);
  const bool is_result = kind == ArtifactKind::kResult;
  if (!is_result && info.provenance.request != artifact::Digest()) reader.reject("a request that answers another one");
  const std::size_t most = is_result ? plan::program::kMaxResults : plan::program::kMaxInputCiphertexts;
  OBSCURA_TRY(info.ciphertexts, detail::get_count(reader, most, name, "encrypt the input again"));
  for (std::size_t i = 0; i < places(kind, info.ciphertexts); ++i) {
    OBSCURA_TRY_VOID(detail::get_place(reader, info.places));
  }
  detail::get_images(reader, info.provenance);
  OBSCURA_TRY_VOID(reader.finish());
  return info;
}

std::vector<std::uint8_t> write(ArtifactKind kind, const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                bool insecure, const Provenance& provenance,
                                std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  OBSCURA_CHECK(!ciphertexts.empty(), "a file of ciphertexts holds at least one");
  const auto& first = ciphertexts.front();
  for (const auto& ciphertext : ciphertexts) {
    OBSCURA_CHECK(
        kind == ArtifactKind::kResult || (ciphertext.level() == first.level() && ciphertext.scale() == first.scale()),
        "the ciphertexts of one request share level and scale");
  }
  artifact::ContainerWriter file(kind, params, insecure);
  file.add(number(SectionId::kInfo), write_info(kind, provenance, ciphertexts));
  detail::add_ciphertexts(file, ring, ciphertexts);
  return file.finish();
}

struct Opened {
  artifact::ContainerReader reader;
  Info info;
};

base::Result<Opened> open(ArtifactKind kind, std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(auto reader, artifact::ContainerReader::open(file, {kind, name, kMaxRequestBytes}));
  OBSCURA_TRY(const auto bytes, reader.section(number(SectionId::kInfo)));
  OBSCURA_TRY(auto info, parse_info(kind, bytes, name));
  return Opened{std::move(reader), std::move(info)};
}

CiphertextInfo summary(const Info& info) {
  return {info.provenance, info.ciphertexts, info.places.levels};
}

base::Result<Received> read(const Opened& opened, const std::string& name, const fhe::ring::RingContext& ring,
                            const Expected& expected, std::size_t count,
                            std::vector<const plan::program::Instruction*> due) {
  const Info& info = opened.info;
  const detail::OpenFile file{&opened.reader, &info.provenance, info.ciphertexts, &info.places, &name};
  const detail::Form form{count, std::move(due), "encrypt with the public key that belongs to this plan"};
  OBSCURA_TRY_VOID(detail::check_origin(file, expected, form));
  OBSCURA_TRY(auto ciphertexts, detail::read_ciphertexts(file, ring, form));
  const artifact::Header& header = opened.reader.header();
  const bool is_request = header.kind == ArtifactKind::kCiphertext;
  return Received{std::move(ciphertexts), is_request ? header.front : info.provenance.request, info.provenance.images};
}

}  // namespace

std::vector<std::uint8_t> write_request(const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                        bool insecure, const Provenance& provenance,
                                        std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  return write(ArtifactKind::kCiphertext, ring, params, insecure, provenance, ciphertexts);
}

std::vector<std::uint8_t> write_result(const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                       bool insecure, const Provenance& provenance,
                                       std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  return write(ArtifactKind::kResult, ring, params, insecure, provenance, ciphertexts);
}

base::Result<CiphertextInfo> inspect_request(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kCiphertext, file, name));
  return summary(opened.info);
}

base::Result<CiphertextInfo> inspect_result(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kResult, file, name));
  return summary(opened.info);
}

Expected expect(const plan::program::Program& program, const artifact::Digest& key) {
  return expect_stage(program, key, plan_digest(program));
}

Expected expect_stage(const plan::program::Program& stage, const artifact::Digest& key, const artifact::Digest& plan) {
  return {&stage, params_digest(stage.params, stage.insecure), plan, key};
}

base::Result<Received> read_request(std::span<const std::uint8_t> file, const std::string& name,
                                    const fhe::ring::RingContext& ring, const Expected& expected) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kCiphertext, file, name));
  const auto& instructions = expected.program->instructions;
  const auto input = std::find_if(instructions.begin(), instructions.end(), [](const auto& instruction) {
    return std::holds_alternative<plan::program::Input>(instruction.operation);
  });
  OBSCURA_CHECK(input != instructions.end(), "a verified program takes an input");
  return read(opened, name, ring, expected, static_cast<std::size_t>(expected.program->input_packing.ciphertexts),
              {&*input});
}

base::Result<Received> read_result(std::span<const std::uint8_t> file, const std::string& name,
                                   const fhe::ring::RingContext& ring, const Expected& expected) {
  OBSCURA_TRY(const auto opened, open(ArtifactKind::kResult, file, name));
  std::vector<const plan::program::Instruction*> due;
  for (const plan::program::ValueId id : expected.program->results) {
    due.push_back(&expected.program->instructions[static_cast<std::size_t>(id.value())]);
  }
  const std::size_t count = due.size();
  return read(opened, name, ring, expected, count, std::move(due));
}

base::Result<int> images_in(const Received& result, const std::string& name, const Expected& expected) {
  const int most = expected.program->input_packing.images;
  const std::uint32_t images = result.images;
  if (images == 0) return most;
  if (images < static_cast<std::uint32_t>(most)) return static_cast<int>(images);
  return base::fail(base::ErrorCode::kMismatch,
                    name + " answers a request of " + std::to_string(images) + " images; the plan's hold at most " +
                        std::to_string(most) + ", and say nothing when they are full",
                    "encrypt the images again with the plan's public key");
}

base::Result<artifact::Digest> request_digest(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto header, artifact::read_header(file, file.size(), ArtifactKind::kCiphertext, name));
  return header.front;
}

}  // namespace obscura::runtime::wire
