#include "runtime/wire/intermediate_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "plan/program/limits.hpp"
#include "runtime/wire/detail/ciphertext_list.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

using artifact::ArtifactKind;

constexpr const char* kHint = "run the stages of one manifest in their order, on one request";
constexpr std::size_t kMost = std::min(plan::program::kMaxResults, plan::program::kMaxInputCiphertexts);

/// Section kInfo: plan, key and request digests, sealing, u32 stage, u32 stages, u32 number of ciphertexts; then per
/// ciphertext u8 level and the scale as in a result; then images as there. Items: c0 and c1 of each ciphertext, packed.
struct Info {
  Provenance provenance;
  artifact::Digest sealing;
  std::uint32_t stage = 0;
  std::uint32_t stages = 0;
  std::size_t ciphertexts = 0;
  detail::Places places;
};

base::Result<Info> parse_info(std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  Info info;
  info.provenance = detail::get_provenance(reader);
  info.sealing = read_digest(reader);
  info.stage = reader.u32();
  info.stages = reader.u32();
  if (info.stages > plan::program::kMaxCutStages || info.stage < 1 || info.stage >= info.stages) {
    reader.reject("a stage that hands nothing on");
  }
  OBSCURA_TRY(info.ciphertexts, detail::get_count(reader, kMost, name, kHint));
  for (std::size_t i = 0; i < info.ciphertexts; ++i) OBSCURA_TRY_VOID(detail::get_place(reader, info.places));
  detail::get_images(reader, info.provenance);
  OBSCURA_TRY_VOID(reader.finish());
  return info;
}

struct Opened {
  artifact::ContainerReader reader;
  Info info;
};

base::Result<Opened> open(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(auto reader,
              artifact::ContainerReader::open(file, {ArtifactKind::kIntermediate, name, kMaxRequestBytes}));
  OBSCURA_TRY(const auto bytes, reader.section(number(SectionId::kInfo)));
  OBSCURA_TRY(auto info, parse_info(bytes, name));
  return Opened{std::move(reader), std::move(info)};
}

base::Result<void> check_stage(const Info& info, const StagePlace& reader, const std::string& name) {
  OBSCURA_TRY_VOID(check_same(info.sealing, reader.sealing, "sealing", name));
  if (info.stages == reader.count && info.stage + 1 == reader.number) return {};
  return base::fail(base::ErrorCode::kMismatch,
                    fmt::format("{} was made by stage {} of {}; stage {} of {} takes what the stage before it makes",
                                name, info.stage, info.stages, reader.number, reader.count),
                    kHint);
}

}  // namespace

std::vector<std::uint8_t> write_intermediate(const fhe::ring::RingContext& ring, const artifact::Digest& params,
                                             bool insecure, const Provenance& provenance, const StagePlace& maker,
                                             std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  OBSCURA_CHECK(!ciphertexts.empty() && maker.number < maker.count, "a stage before the last hands ciphertexts on");
  base::ByteWriter info;
  detail::put_provenance(info, provenance);
  info.bytes(maker.sealing.bytes);
  info.u32(maker.number);
  info.u32(maker.count);
  info.u32(static_cast<std::uint32_t>(ciphertexts.size()));
  for (const auto& ciphertext : ciphertexts) detail::put_place(info, ciphertext);
  detail::put_images(info, provenance);
  artifact::ContainerWriter file(ArtifactKind::kIntermediate, params, insecure);
  file.add(number(SectionId::kInfo), info.take());
  detail::add_ciphertexts(file, ring, ciphertexts);
  return file.finish();
}

base::Result<IntermediateInfo> inspect_intermediate(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto opened, open(file, name));
  const Info& info = opened.info;
  return IntermediateInfo{CiphertextInfo{info.provenance, info.ciphertexts, info.places.levels}, info.sealing,
                          info.stage, info.stages};
}

base::Result<Received> read_intermediate(std::span<const std::uint8_t> file, const std::string& name,
                                         const fhe::ring::RingContext& ring, const Expected& expected,
                                         const StagePlace& reader) {
  OBSCURA_TRY(const auto opened, open(file, name));
  const Info& info = opened.info;
  const detail::OpenFile open_file{&opened.reader, &info.provenance, info.ciphertexts, &info.places, &name};
  const detail::Form form{static_cast<std::size_t>(expected.program->input_packing.ciphertexts),
                          detail::input_places(*expected.program), kHint};
  OBSCURA_TRY_VOID(detail::check_origin(open_file, expected, form));
  OBSCURA_TRY_VOID(check_stage(info, reader, name));
  OBSCURA_TRY(auto ciphertexts, detail::read_ciphertexts(open_file, ring, form));
  return Received{std::move(ciphertexts), info.provenance.request, info.provenance.images};
}

}  // namespace obscura::runtime::wire
