#include "runtime/wire/part_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artifact/container.hpp"
#include "base/bytes.hpp"
#include "base/check.hpp"
#include "plan/program/limits.hpp"
#include "runtime/wire/detail/ciphertext_list.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

using artifact::ArtifactKind;

constexpr const char* kHint = "give the merge one part of each shard of its stage, in their order, of one request";
constexpr std::size_t kMost = std::min(plan::program::kMaxResults, plan::program::kMaxInputCiphertexts);

/// Section kInfo: plan, key and request digests, sealing, u32 stage, u32 stages, u32 shard, u32 shards, u32 number of
/// ciphertexts; then per ciphertext u8 level and the scale as in a result; then images as there. Items: c0 and c1 of
/// each, packed, modulo Q_level or, where the merge takes a partial sum, Q_level * P.
struct Info {
  Provenance provenance;
  PartInfo part;
  detail::Places places;
};

base::Result<Info> parse_info(std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  Info info;
  PartInfo& part = info.part;
  info.provenance = detail::get_provenance(reader);
  part.sealing = read_digest(reader);
  part.stage = reader.u32();
  part.stages = reader.u32();
  part.shard = reader.u32();
  part.shards = reader.u32();
  if (part.stages > plan::program::kMaxCutStages || part.stage < 1 || part.stage > part.stages || part.shard < 1 ||
      part.shard > part.shards || part.shards < 2 || part.shards > kMaxShards) {
    reader.reject("a shard that there is not");
  }
  OBSCURA_TRY(part.content.ciphertexts, detail::get_count(reader, kMost, name, kHint));
  for (std::size_t i = 0; i < part.content.ciphertexts; ++i) OBSCURA_TRY_VOID(detail::get_place(reader, info.places));
  detail::get_images(reader, info.provenance);
  OBSCURA_TRY_VOID(reader.finish());
  part.content.provenance = info.provenance;
  part.content.levels = info.places.levels;
  return info;
}

struct Opened {
  artifact::ContainerReader reader;
  Info info;
};

base::Result<Opened> open(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(auto reader, artifact::ContainerReader::open(file, {ArtifactKind::kPart, name, kMaxRequestBytes}));
  OBSCURA_TRY(const auto bytes, reader.section(number(SectionId::kInfo)));
  OBSCURA_TRY(auto info, parse_info(bytes, name));
  return Opened{std::move(reader), std::move(info)};
}

base::Result<void> check_maker(const PartInfo& part, const StagePlace& reader, std::size_t shard,
                               const std::string& name) {
  OBSCURA_TRY_VOID(check_same(part.sealing, reader.sealing, "sealing", name));
  if (part.stage == reader.number && part.stages == reader.count && part.shard == shard &&
      part.shards == reader.shards) {
    return {};
  }
  return base::fail(base::ErrorCode::kMismatch,
                    fmt::format("{} was made by shard {} of {} of stage {} of {}, where {} takes shard {} of {}", name,
                                part.shard, part.shards, part.stage, part.stages, reader.text(), shard, reader.shards),
                    kHint);
}

base::Result<void> check_request(const Provenance& part, const Provenance& first, const std::string& name) {
  if (part.request == first.request && part.images == first.images) return {};
  return base::fail(base::ErrorCode::kMismatch,
                    fmt::format("{} and the part before it answer different requests", name), kHint);
}

base::Result<void> check_number(std::size_t found, const StagePlace& reader, const std::string& name) {
  if (found == reader.shards) return {};
  return base::fail(base::ErrorCode::kMismatch,
                    fmt::format("shard missing: {} is {} parts, and {} takes one of each of its {} shards", name, found,
                                reader.text(), reader.shards),
                    kHint);
}

}  // namespace

std::vector<std::uint8_t> write_part(const fhe::ring::RingContext& ring, const artifact::Digest& params, bool insecure,
                                     const Provenance& provenance, const StagePlace& maker,
                                     std::span<const fhe::ckks::Ciphertext> ciphertexts) {
  OBSCURA_CHECK(!ciphertexts.empty() && maker.is_shard(), "a shard hands ciphertexts to its merge");
  base::ByteWriter info;
  detail::put_provenance(info, provenance);
  info.bytes(maker.sealing.bytes);
  info.u32(maker.number);
  info.u32(maker.count);
  info.u32(maker.shard);
  info.u32(maker.shards);
  info.u32(static_cast<std::uint32_t>(ciphertexts.size()));
  for (const auto& ciphertext : ciphertexts) detail::put_place(info, ciphertext);
  detail::put_images(info, provenance);
  artifact::ContainerWriter file(ArtifactKind::kPart, params, insecure);
  file.add(number(SectionId::kInfo), info.take());
  detail::add_ciphertexts(file, ring, ciphertexts);
  return file.finish();
}

base::Result<PartInfo> inspect_part(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(auto opened, open(file, name));
  return std::move(opened.info.part);
}

base::Result<Received> read_parts(std::span<const FileBytes> files, const std::string& name,
                                  const fhe::ring::RingContext& ring, const Expected& expected,
                                  const StagePlace& reader) {
  OBSCURA_TRY_VOID(check_number(files.size(), reader, name));
  const auto places = detail::input_places(*expected.program);
  Received received;
  Provenance first;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string part_name = fmt::format("{}, part {} of {}", name, i + 1, files.size());
    OBSCURA_TRY(const auto opened, open(files[i], part_name));
    const Info& info = opened.info;
    const std::size_t count = info.part.content.ciphertexts;
    const detail::OpenFile file{&opened.reader, &info.provenance, count, &info.places, &part_name};
    // What is left of the inputs, if the file has more than that.
    const std::size_t taken = received.ciphertexts.size();
    const std::size_t due = i + 1 < files.size() ? std::min(count, places.size() - taken) : places.size() - taken;
    const auto begin = places.begin() + static_cast<std::ptrdiff_t>(taken);
    const detail::Form form{due, {begin, begin + static_cast<std::ptrdiff_t>(due)}, kHint};
    OBSCURA_TRY_VOID(detail::check_origin(file, expected, form));
    OBSCURA_TRY_VOID(check_maker(info.part, reader, i + 1, part_name));
    if (i == 0) first = info.provenance;
    OBSCURA_TRY_VOID(check_request(info.provenance, first, part_name));
    OBSCURA_TRY(auto ciphertexts, detail::read_ciphertexts(file, ring, form));
    for (auto& ciphertext : ciphertexts) received.ciphertexts.push_back(std::move(ciphertext));
  }
  received.request = first.request;
  received.images = first.images;
  return received;
}

}  // namespace obscura::runtime::wire
