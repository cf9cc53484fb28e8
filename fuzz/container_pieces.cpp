#include "fuzz/container_pieces.hpp"

#include <algorithm>
#include <set>

#include "artifact/container.hpp"
#include "artifact/detail/container_layout.hpp"
#include "base/bytes.hpp"

namespace obscura::fuzz {
namespace {

using artifact::ArtifactKind;
namespace layout = artifact::detail;

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kKindAt = 10;
constexpr std::size_t kFlagsAt = 12;
constexpr std::size_t kTotalAt = 16;
constexpr std::size_t kParamsAt = 24;
constexpr std::size_t kTableBytesAt = 56;
constexpr std::size_t kFrontAt = 96;
constexpr std::size_t kRootInEntry = 24;
constexpr std::size_t kMostSections = 4096;
constexpr std::uint32_t kFirstSection = 1;

std::uint64_t number_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

void put_number(Bytes& bytes, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// Where the table stands and its entries do, if they lie within the file.
struct Table {
  std::size_t at;
  std::size_t bytes;
  std::size_t entries;
};

std::optional<Table> find_table(std::span<const std::uint8_t> file) {
  if (file.size() < artifact::kHeaderBytes) return std::nullopt;
  const bool is_signed = (number_at(file, kFlagsAt, 4) & artifact::kFlagSigned) != 0;
  const std::size_t at = artifact::kHeaderBytes + (is_signed ? artifact::kSignatureBlockBytes : 0);
  const std::uint64_t bytes = number_at(file, kTableBytesAt, 8);
  if (at > file.size() || bytes < layout::kTableHeadBytes || bytes > file.size() - at) return std::nullopt;
  const auto entries = static_cast<std::size_t>(number_at(file, at, 4));
  if (entries > kMostSections || entries > (bytes - layout::kTableHeadBytes) / layout::kTableEntryBytes) {
    return std::nullopt;
  }
  return Table{at, static_cast<std::size_t>(bytes), entries};
}

std::size_t entry_at(const Table& table, std::size_t index) {
  return table.at + layout::kTableHeadBytes + index * layout::kTableEntryBytes;
}

/// The bytes of the section of an entry, if they lie within the file.
std::optional<std::span<const std::uint8_t>> section_of(std::span<const std::uint8_t> file, std::size_t entry) {
  const std::uint64_t offset = number_at(file, entry + 8, 8);
  const std::uint64_t length = number_at(file, entry + 16, 8);
  if (offset > file.size() || length > file.size() - offset) return std::nullopt;
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

bool begins_with_parameters(ArtifactKind kind) {
  return kind == ArtifactKind::kPlan || kind == ArtifactKind::kSpec || kind == ArtifactKind::kSealedModel ||
         kind == ArtifactKind::kSealedStage || kind == ArtifactKind::kSealedShard || kind == ArtifactKind::kPublicKey;
}

/// The rows log_n to p of a program or a form of requests; empty if they do not fit.
std::span<const std::uint8_t> parameter_rows(std::span<const std::uint8_t> section, std::size_t begin) {
  std::size_t end = begin + 4;
  for (int list = 0; list < 2; ++list) {
    if (end >= section.size()) return {};
    end += 1 + section[end];
  }
  return end > section.size() ? std::span<const std::uint8_t>() : section.subspan(begin, end - begin);
}

}  // namespace

Bytes* Pieces::section(std::uint32_t id) {
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& each) { return each.first == id; });
  return found == sections.end() ? nullptr : &found->second;
}

std::optional<Pieces> take_apart(std::span<const std::uint8_t> file) {
  const auto table = find_table(file);
  if (!table) return std::nullopt;
  Pieces pieces;
  pieces.kind = static_cast<ArtifactKind>(number_at(file, kKindAt, 2));
  pieces.version = static_cast<std::uint16_t>(number_at(file, kVersionAt, 2));
  pieces.flags = static_cast<std::uint32_t>(number_at(file, kFlagsAt, 4));
  std::copy_n(file.begin() + kParamsAt, pieces.params.bytes.size(), pieces.params.bytes.begin());
  for (std::size_t i = 0; i < table->entries; ++i) {
    const std::size_t entry = entry_at(*table, i);
    const auto bytes = section_of(file, entry);
    if (!bytes) return std::nullopt;
    pieces.sections.emplace_back(static_cast<std::uint32_t>(number_at(file, entry, 4)),
                                 Bytes(bytes->begin(), bytes->end()));
  }
  return pieces;
}

Bytes put_together(const Pieces& pieces, const artifact::SigningKey& signer) {
  const auto version = std::clamp<std::uint16_t>(pieces.version, 1, artifact::newest_version(pieces.kind));
  artifact::ContainerWriter writer(pieces.kind, pieces.params, (pieces.flags & artifact::kFlagInsecure) != 0, version);
  std::set<std::uint32_t> known;
  for (const auto& [id, bytes] : pieces.sections) {
    if (known.insert(id).second) writer.add(id, bytes);
  }
  return writer.finish((pieces.flags & artifact::kFlagSigned) != 0 ? &signer : nullptr);
}

void make_consistent(Pieces& pieces) {
  const Bytes* first = pieces.section(kFirstSection);
  if (first == nullptr || !begins_with_parameters(pieces.kind)) return;
  constexpr std::size_t kVersionBytes = 2;  // of a program
  constexpr std::size_t kInsecureInRows = 3;
  const auto rows = parameter_rows(*first, pieces.kind == ArtifactKind::kPublicKey ? 0 : kVersionBytes);
  if (!rows.empty()) {
    pieces.params = artifact::sha256(rows);
    pieces.flags &= ~artifact::kFlagInsecure;
    if (rows[kInsecureInRows] == 1) pieces.flags |= artifact::kFlagInsecure;
  }
  if (pieces.kind != ArtifactKind::kPublicKey) return;
  Bytes* info = pieces.section(2);
  const Bytes* seed = pieces.section(4);
  const Bytes* half = pieces.section(64);
  if (info == nullptr || seed == nullptr || half == nullptr || info->size() < 64) return;
  const artifact::Digest key = artifact::Sha256().update(*seed).update(*half).finish();
  std::copy(key.bytes.begin(), key.bytes.end(), info->begin() + 32);
}

void repair(Bytes& file, const artifact::SigningKey& signer) {
  const auto table = find_table(file);
  if (!table) return;
  put_number(file, kTotalAt, file.size(), 8);
  for (std::size_t i = 0; i < table->entries; ++i) {
    const std::size_t entry = entry_at(*table, i);
    const auto bytes = section_of(file, entry);
    if (!bytes || bytes->size() > artifact::kChunkBytes) continue;
    const artifact::Digest root =
        bytes->empty() ? artifact::merkle_root({}) : artifact::merkle_root({artifact::merkle_leaf(*bytes)});
    std::copy(root.bytes.begin(), root.bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(entry + kRootInEntry));
  }
  const std::span<const std::uint8_t> whole(file);
  const artifact::Digest front =
      layout::front_digest(whole.first(artifact::kHeaderBytes), whole.subspan(table->at, table->bytes));
  std::copy(front.bytes.begin(), front.bytes.end(), file.begin() + kFrontAt);
  if (table->at == artifact::kHeaderBytes) return;
  const auto signature = signer.sign(layout::kSigningContext, whole.first(artifact::kHeaderBytes));
  const auto& key = signer.verify_key().bytes;
  auto at = std::copy(key.begin(), key.end(), file.begin() + static_cast<std::ptrdiff_t>(artifact::kHeaderBytes));
  std::copy(signature.begin(), signature.end(), at);
}

}  // namespace obscura::fuzz
