#include "runtime/wire/evaluation_keys_file.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "fhe/ckks/expand.hpp"
#include "plan/program/limits.hpp"
#include "runtime/keys/key_id_of.hpp"
#include "runtime/wire/digest_bytes.hpp"
#include "runtime/wire/identity_of.hpp"
#include "runtime/wire/limits.hpp"
#include "runtime/wire/polynomial.hpp"
#include "runtime/wire/sections.hpp"

namespace obscura::runtime::wire {

namespace {

/// Section kInfo: plan digest, key digest, u32 number of keys, then per key, in the order of
/// Program::key_needs: u8 kind, i32 step, u8 level, 32 bytes of seed.
struct Entry {
  plan::program::KeyNeed need;
  fhe::random::Seed256 seed;
};

struct Info {
  EvaluationKeysInfo summary;
  std::vector<Entry> entries;
};

constexpr std::size_t kEntryBytes = 1 + 4 + 1 + 32;

base::Result<Info> parse_info(std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  Info info;
  info.summary.plan = read_digest(reader);
  info.summary.key = read_digest(reader);
  info.summary.keys = reader.count(plan::program::kMaxKeyNeeds, kEntryBytes);
  for (std::size_t i = 0; i < info.summary.keys; ++i) {
    const auto kind = static_cast<plan::program::KeyKind>(reader.u8());
    const fhe::params::RotationStep step(static_cast<std::int32_t>(reader.u32()));
    const fhe::params::Level level(reader.u8());
    info.entries.push_back({{kind, step, level}, fhe::random::Seed256(read_digest(reader).bytes)});
  }
  OBSCURA_TRY_VOID(reader.finish());
  return info;
}

artifact::ContainerExpectation expectation(const std::string& name) {
  artifact::ContainerExpectation result{artifact::ArtifactKind::kEvaluationKeys, name, kMaxEvaluationKeyBytes};
  result.max_sections = static_cast<std::uint32_t>(plan::program::kMaxKeyNeeds) + 8;
  return result;
}

base::Result<fhe::ckks::SwitchingKey> parse_key(const fhe::ring::RingContext& ring, const Entry& entry,
                                                std::span<const std::uint8_t> bytes, const std::string& name) {
  const auto basis = ring.basis_qp(entry.need.level);
  const auto digits = static_cast<std::size_t>(ring.params().digit_count(entry.need.level));
  const std::size_t each = packed_bytes(ring, basis);
  if (bytes.size() != digits * each) {
    return base::fail(base::ErrorCode::kCorrupt, name + ": a key has the wrong size", "get the file again");
  }
  std::vector<fhe::ring::EvaluationPoly> halves;
  for (std::size_t i = 0; i < digits; ++i) {
    OBSCURA_TRY(auto half, unpack(ring, basis, bytes.subspan(i * each, each), name));
    halves.push_back(std::move(half));
  }
  return fhe::ckks::expand_switching_key(ring, std::move(halves), entry.seed, entry.need.level);
}

base::Result<void> check_needs(const Info& info, const plan::program::Program& program, const std::string& name) {
  bool equal = info.entries.size() == program.key_needs.size();
  for (std::size_t i = 0; equal && i < info.entries.size(); ++i) equal = info.entries[i].need == program.key_needs[i];
  if (equal) return {};
  return base::fail(base::ErrorCode::kMismatch, name + ": not the keys that the plan needs",
                    "generate keys from the .spec of this plan");
}

}  // namespace

base::Result<void> write_evaluation_keys(const std::string& path, const fhe::ring::RingContext& ring,
                                         const plan::program::Program& program, const artifact::Digest& key,
                                         const fhe::ckks::EvaluationKeys& keys) {
  artifact::ContainerWriter file(artifact::ArtifactKind::kEvaluationKeys,
                                 params_digest(program.params, program.insecure), program.insecure);
  base::ByteWriter info;
  info.bytes(plan_digest(program).bytes);
  info.bytes(key.bytes);
  info.u32(static_cast<std::uint32_t>(program.key_needs.size()));
  std::vector<std::vector<std::uint8_t>> items;
  for (const auto& need : program.key_needs) {
    const auto* found = keys.find(keys::key_id_of(need, program.params.log_n));
    OBSCURA_CHECK(found != nullptr && found->level() == need.level, "a key of the program is missing");
    info.u8(static_cast<std::uint8_t>(need.kind));
    info.u32(static_cast<std::uint32_t>(need.step.value()));
    info.u8(static_cast<std::uint8_t>(need.level.value()));
    info.bytes(found->seed().bytes);
    auto& item = items.emplace_back();
    for (const auto& half : found->b()) append_packed(ring, half, item);
  }
  file.add(number(SectionId::kInfo), info.take());
  for (std::size_t i = 0; i < items.size(); ++i) file.add(item_section(i), std::move(items[i]));
  return file.write_file(path);
}

base::Result<EvaluationKeysInfo> inspect_evaluation_keys(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto reader, artifact::LazyContainerReader::open(file, expectation(name)));
  OBSCURA_TRY(const auto bytes, reader.copy_section(number(SectionId::kInfo)));
  OBSCURA_TRY(const auto info, parse_info(bytes, name));
  return info.summary;
}

base::Result<fhe::ckks::EvaluationKeys> read_evaluation_keys(std::span<const std::uint8_t> file,
                                                             const std::string& name,
                                                             const fhe::ring::RingContext& ring,
                                                             const plan::program::Program& program,
                                                             const artifact::Digest& key) {
  OBSCURA_TRY(const auto reader, artifact::LazyContainerReader::open(file, expectation(name)));
  OBSCURA_TRY_VOID(
      check_header(reader.header(), params_digest(program.params, program.insecure), program.insecure, name));
  OBSCURA_TRY(const auto info_bytes, reader.copy_section(number(SectionId::kInfo)));
  OBSCURA_TRY(const auto info, parse_info(info_bytes, name));
  OBSCURA_TRY_VOID(check_same(info.summary.plan, plan_digest(program), "plan", name));
  OBSCURA_TRY_VOID(check_same(info.summary.key, key, "key", name));
  OBSCURA_TRY_VOID(check_needs(info, program, name));
  OBSCURA_TRY_VOID(check_sections(reader.sections().size(), info.entries.size() + 1, name));
  fhe::ckks::EvaluationKeys keys;
  for (std::size_t i = 0; i < info.entries.size(); ++i) {
    OBSCURA_TRY(const auto bytes, reader.copy_section(item_section(i)));
    OBSCURA_TRY(auto parsed, parse_key(ring, info.entries[i], bytes, name));
    keys.insert(keys::key_id_of(info.entries[i].need, program.params.log_n), std::move(parsed));
  }
  return keys;
}

}  // namespace obscura::runtime::wire
