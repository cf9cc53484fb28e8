#include "runtime/wire/evaluation_keys_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "fhe/ckks/expand.hpp"
#include "fhe/ckks/key_form.hpp"
#include "plan/program/limits.hpp"
#include "plan/program/print.hpp"
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

std::size_t info_bytes(std::size_t keys) {
  return 2 * sizeof(artifact::Digest::bytes) + 4 + keys * kEntryBytes;
}

base::Result<Info> parse_info(std::span<const std::uint8_t> bytes, const std::string& name) {
  base::ByteReader reader(bytes, name);
  Info info;
  info.summary.plan = read_digest(reader);
  info.summary.key = read_digest(reader);
  info.summary.keys = reader.count(plan::program::kMaxKeyNeeds, kEntryBytes);
  for (std::size_t i = 0; i < info.summary.keys; ++i) {
    const std::uint8_t kind = reader.u8();
    if (kind > static_cast<std::uint8_t>(plan::program::KeyKind::kDecapsulate)) reader.reject("a key of unknown kind");
    const fhe::params::RotationStep step(static_cast<std::int32_t>(reader.u32()));
    const fhe::params::Level level(reader.u8());
    info.entries.push_back(
        {{static_cast<plan::program::KeyKind>(kind), step, level}, fhe::random::Seed256(read_digest(reader).bytes)});
  }
  OBSCURA_TRY_VOID(reader.finish());
  return info;
}

artifact::ContainerExpectation expectation(const std::string& name) {
  artifact::ContainerExpectation result{artifact::ArtifactKind::kEvaluationKeys, name, kMaxEvaluationKeyBytes};
  result.max_sections = static_cast<std::uint32_t>(plan::program::kMaxKeyNeeds) + 8;
  return result;
}

/// A polynomial over `basis` out of a packed one over more primes q of the chain and the same special ones.
base::Result<fhe::ring::EvaluationPoly> unpack_lower(const fhe::ring::RingContext& ring,
                                                     std::span<const std::uint8_t> packed, const fhe::ring::Basis& from,
                                                     const fhe::ring::Basis& basis, const std::string& name) {
  if (from == basis) return unpack(ring, basis, packed, name);
  const auto kept = packed.first(packed_bytes(ring, {basis.q_count, 0}));
  const auto special = packed.subspan(packed_bytes(ring, {from.q_count, 0}));
  std::vector<std::uint8_t> limbs(kept.begin(), kept.end());
  limbs.insert(limbs.end(), special.begin(), special.end());
  return unpack(ring, basis, limbs, name);
}

/// The key up to `level`, which is not above that of the entry: its first digits over the basis of that level.
base::Result<fhe::ckks::SeededSwitchingKey> parse_key(const fhe::ring::RingContext& ring, const Entry& entry,
                                                      fhe::params::Level level, std::span<const std::uint8_t> bytes,
                                                      const std::string& name) {
  const fhe::ckks::KeyKind kind = keys::key_id_of(entry.need, ring.params().log_n()).kind;
  const fhe::ckks::KeyForm stored = fhe::ckks::key_form(ring, kind, entry.need.level);
  const fhe::ckks::KeyForm needed = fhe::ckks::key_form(ring, kind, level);
  const std::size_t each = packed_bytes(ring, stored.basis);
  if (bytes.size() != static_cast<std::size_t>(stored.digits) * each) {
    return base::fail(base::ErrorCode::kCorrupt, name + ": a key has the wrong size", "get the file again");
  }
  std::vector<fhe::ring::EvaluationPoly> halves;
  for (int i = 0; i < needed.digits; ++i) {
    const auto digit = bytes.subspan(static_cast<std::size_t>(i) * each, each);
    OBSCURA_TRY(auto half, unpack_lower(ring, digit, stored.basis, needed.basis, name));
    halves.push_back(std::move(half));
  }
  return fhe::ckks::SeededSwitchingKey{std::move(halves), entry.seed};
}

/// A verified copy of a section in memory of the pool, which has it at hand for the next one.
class SectionCopy {
 public:
  static base::Result<SectionCopy> make(const fhe::ring::RingContext& ring, const artifact::LazyContainerReader& reader,
                                        std::uint32_t id) {
    OBSCURA_TRY(const artifact::Section* section, reader.find(id));
    SectionCopy copy;
    copy.size_ = static_cast<std::size_t>(section->length);
    copy.words_ = ring.pool().acquire((copy.size_ + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
    OBSCURA_TRY_VOID(reader.copy_section(*section, copy.bytes()));
    return copy;
  }
  [[nodiscard]] std::span<std::uint8_t> bytes() { return {reinterpret_cast<std::uint8_t*>(words_.data()), size_}; }

 private:
  SectionCopy() = default;
  base::Buffer words_;
  std::size_t size_ = 0;
};

std::pair<plan::program::KeyKind, fhe::params::RotationStep> place_in_list(const plan::program::KeyNeed& need) {
  return {need.kind, need.step};
}

/// A file lists each key once, in the order of kinds and steps, at a level of the chain.
base::Result<void> check_entries(const Info& info, fhe::params::Level top, const std::string& name) {
  for (std::size_t i = 0; i < info.entries.size(); ++i) {
    const bool in_order = i == 0 || place_in_list(info.entries[i - 1].need) < place_in_list(info.entries[i].need);
    if (in_order && info.entries[i].need.level <= top) continue;
    return base::fail(base::ErrorCode::kCorrupt, name + ": its list of keys is out of order or beyond the chain",
                      "generate keys from the .spec of this plan");
  }
  return {};
}

/// Number of the entry that serves the need. The entries are in order.
base::Result<std::size_t> find_entry(const Info& info, const plan::program::KeyNeed& need, const std::string& name) {
  const auto found = std::lower_bound(
      info.entries.begin(), info.entries.end(), need,
      [](const Entry& entry, const auto& wanted) { return place_in_list(entry.need) < place_in_list(wanted); });
  const bool serves = found != info.entries.end() && place_in_list(found->need) == place_in_list(need) &&
                      found->need.level >= need.level;
  if (serves) return static_cast<std::size_t>(found - info.entries.begin());
  return base::fail(base::ErrorCode::kMismatch,
                    fmt::format("{}: lacks the key for {}, which the plan needs", name, plan::program::print(need)),
                    "generate keys from the .spec of this plan");
}

}  // namespace

base::Result<EvaluationKeysWriter> EvaluationKeysWriter::create(const std::string& path,
                                                                const fhe::ring::RingContext& ring,
                                                                const plan::program::Program& program,
                                                                const artifact::Digest& key) {
  std::vector<artifact::PlannedSection> sections = {{number(SectionId::kInfo), info_bytes(program.key_needs.size())}};
  for (std::size_t i = 0; i < program.key_needs.size(); ++i) {
    const auto& need = program.key_needs[i];
    const auto form = fhe::ckks::key_form(ring, keys::key_id_of(need, program.params.log_n).kind, need.level);
    sections.push_back({item_section(i), static_cast<std::size_t>(form.digits) * packed_bytes(ring, form.basis)});
  }
  OBSCURA_TRY(auto file, artifact::ContainerFile::create(path, artifact::ArtifactKind::kEvaluationKeys,
                                                         params_digest(program.params, program.insecure),
                                                         program.insecure, false, sections));
  return EvaluationKeysWriter(std::move(file), ring, program, key);
}

EvaluationKeysWriter::EvaluationKeysWriter(artifact::ContainerFile file, const fhe::ring::RingContext& ring,
                                           const plan::program::Program& program, const artifact::Digest& key)
    : file_(std::move(file)), ring_(&ring), program_(&program), key_(key) {}

base::Result<void> EvaluationKeysWriter::add(const plan::program::KeyNeed& need, const fhe::ckks::SwitchingKey& key) {
  const auto found = std::ranges::find(program_->key_needs, need);
  OBSCURA_CHECK(found != program_->key_needs.end() && key.level() == need.level,
                "a key that the program does not need");
  const auto i = static_cast<std::size_t>(found - program_->key_needs.begin());
  seeds_[i] = key.seed();
  std::vector<std::uint8_t> item;
  for (const auto& half : key.b()) append_packed(*ring_, half, item);
  return file_.write(item_section(i), item);
}

base::Result<void> EvaluationKeysWriter::commit() {
  OBSCURA_CHECK(seeds_.size() == program_->key_needs.size(), "a key of the program is missing");
  base::ByteWriter info;
  info.bytes(plan_digest(*program_).bytes);
  info.bytes(key_.bytes);
  info.u32(static_cast<std::uint32_t>(program_->key_needs.size()));
  for (const auto& [i, seed] : seeds_) {
    const auto& need = program_->key_needs[i];
    info.u8(static_cast<std::uint8_t>(need.kind));
    info.u32(static_cast<std::uint32_t>(need.step.value()));
    info.u8(static_cast<std::uint8_t>(need.level.value()));
    info.bytes(seed.bytes);
  }
  OBSCURA_TRY_VOID(file_.write(number(SectionId::kInfo), info.take()));
  return file_.commit();
}

base::Result<void> write_evaluation_keys(const std::string& path, const fhe::ring::RingContext& ring,
                                         const plan::program::Program& program, const artifact::Digest& key,
                                         const fhe::ckks::EvaluationKeys& keys) {
  OBSCURA_TRY(auto writer, EvaluationKeysWriter::create(path, ring, program, key));
  for (const auto& need : program.key_needs) {
    const auto* found = keys.find(keys::key_id_of(need, program.params.log_n));
    OBSCURA_CHECK(found != nullptr, "a key of the program is missing");
    OBSCURA_TRY_VOID(writer.add(need, *found));
  }
  return writer.commit();
}

base::Result<EvaluationKeysInfo> inspect_evaluation_keys(std::span<const std::uint8_t> file, const std::string& name) {
  OBSCURA_TRY(const auto reader, artifact::LazyContainerReader::open(file, expectation(name)));
  OBSCURA_TRY(const auto bytes, reader.copy_section(number(SectionId::kInfo)));
  OBSCURA_TRY(const auto info, parse_info(bytes, name));
  return info.summary;
}

struct EvaluationKeysFile::State {
  artifact::LazyContainerReader reader;
  Info info;
  std::string name;
};

EvaluationKeysFile::EvaluationKeysFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
EvaluationKeysFile::EvaluationKeysFile(EvaluationKeysFile&&) noexcept = default;
EvaluationKeysFile& EvaluationKeysFile::operator=(EvaluationKeysFile&&) noexcept = default;
EvaluationKeysFile::~EvaluationKeysFile() = default;

base::Result<EvaluationKeysFile> EvaluationKeysFile::open(std::span<const std::uint8_t> file, const std::string& name,
                                                          const fhe::ring::RingContext& ring,
                                                          const Expected& expected) {
  OBSCURA_TRY(auto reader, artifact::LazyContainerReader::open(file, expectation(name)));
  OBSCURA_TRY_VOID(check_header(reader.header(), expected.params, expected.program->insecure, name));
  OBSCURA_TRY(const auto info_bytes, reader.copy_section(number(SectionId::kInfo)));
  OBSCURA_TRY(auto info, parse_info(info_bytes, name));
  OBSCURA_TRY_VOID(check_same(info.summary.plan, expected.plan, "plan", name));
  OBSCURA_TRY_VOID(check_same(info.summary.key, expected.key, "key", name));
  OBSCURA_TRY_VOID(check_entries(info, ring.params().max_level(), name));
  OBSCURA_TRY_VOID(check_sections(reader.sections().size(), info.entries.size() + 1, name));
  for (const plan::program::KeyNeed& need : expected.program->key_needs) {
    OBSCURA_TRY_VOID(find_entry(info, need, name));
  }
  return EvaluationKeysFile(std::make_unique<State>(State{std::move(reader), std::move(info), name}));
}

base::Result<fhe::ckks::SeededSwitchingKey> EvaluationKeysFile::key(const fhe::ring::RingContext& ring,
                                                                    const plan::program::KeyNeed& need) const {
  OBSCURA_TRY(const std::size_t i, find_entry(state_->info, need, state_->name));
  OBSCURA_TRY(auto copy, SectionCopy::make(ring, state_->reader, item_section(i)));
  return parse_key(ring, state_->info.entries[i], need.level, copy.bytes(), state_->name);
}

base::Result<fhe::ckks::EvaluationKeys> read_evaluation_keys(std::span<const std::uint8_t> file,
                                                             const std::string& name,
                                                             const fhe::ring::RingContext& ring,
                                                             const Expected& expected) {
  OBSCURA_TRY(const auto opened, EvaluationKeysFile::open(file, name, ring, expected));
  fhe::ckks::EvaluationKeys keys;
  for (const plan::program::KeyNeed& need : expected.program->key_needs) {
    const fhe::ckks::KeyId id = keys::key_id_of(need, expected.program->params.log_n);
    OBSCURA_TRY(auto seeded, opened.key(ring, need));
    keys.insert(id, fhe::ckks::expand(ring, id.kind, std::move(seeded), need.level));
  }
  return keys;
}

}  // namespace obscura::runtime::wire
