#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artifact/container.hpp"
#include "artifact/detail/container_layout.hpp"
#include "base/bytes.hpp"
#include "base/check.hpp"

namespace obscura::artifact {
namespace {

using base::ErrorCode;

constexpr const char* kAgain = "the file was altered or damaged: copy or make it again";

tl::unexpected<base::Error> corrupt(std::string message) {
  return base::fail(ErrorCode::kCorrupt, std::move(message), kAgain);
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

Digest read_digest(base::ByteReader& reader) {
  Digest digest;
  const auto bytes = reader.bytes(digest.bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

// A private copy of at most `bytes` bytes from the start of the file.
std::vector<std::uint8_t> copy_start(std::span<const std::uint8_t> file, std::size_t bytes) {
  const auto start = file.first(std::min(bytes, file.size()));
  return {start.begin(), start.end()};
}

// Checks the signature that the header promises; nobody is trusted yet. `start` holds header and signature block.
base::Result<VerifyKey> check_signature(std::span<const std::uint8_t> start, std::string_view name) {
  if (start.size() < kHeaderBytes + kSignatureBlockBytes) {
    return corrupt(fmt::format("{} ends within its signature", name));
  }
  const auto block = start.subspan(kHeaderBytes, kSignatureBlockBytes);
  VerifyKey key;
  Signature signature;
  std::copy_n(block.begin(), key.bytes.size(), key.bytes.begin());
  std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(key.bytes.size()), signature.size(), signature.begin());
  if (!all_zero(block.subspan(key.bytes.size() + signature.size()))) {
    return corrupt(fmt::format("the signature block of {} is padded with something else than zeros", name));
  }
  if (!verify(key, detail::kSigningContext, start.first(kHeaderBytes), signature)) {
    return base::fail(ErrorCode::kUntrusted, fmt::format("the signature of {} is wrong", name), kAgain);
  }
  return key;
}

base::Result<std::optional<PublicIdentity>> find_signer(std::span<const std::uint8_t> start, const Header& header,
                                                        const TrustSet* trust, std::string_view name) {
  if (!header.is_signed()) {
    if (trust == nullptr) return std::nullopt;
    return base::fail(ErrorCode::kUntrusted, fmt::format("{} is not signed", name),
                      "ask its owner for the signed file");
  }
  OBSCURA_TRY(const VerifyKey key, check_signature(start, name));
  if (trust == nullptr) return PublicIdentity{key, {}};
  auto found = trust->find(key);
  if (!found) found.error().message = fmt::format("{}: {}", name, found.error().message);
  return found;
}

}  // namespace

base::Result<PublicIdentity> verify_signed(std::span<const std::uint8_t> file, ArtifactKind kind, const TrustSet& trust,
                                           std::string_view name) {
  const std::vector<std::uint8_t> start = copy_start(file, kHeaderBytes + kSignatureBlockBytes);
  OBSCURA_TRY(const Header header, read_header(start, file.size(), kind, name));
  OBSCURA_TRY(const std::optional<PublicIdentity> signer, find_signer(start, header, &trust, name));
  return *signer;
}

base::Result<LazyContainerReader> LazyContainerReader::open(std::span<const std::uint8_t> file,
                                                            const ContainerExpectation& expectation) {
  const std::string& name = expectation.name;
  if (file.size() > expectation.max_bytes) {
    return base::fail(ErrorCode::kLimit,
                      fmt::format("{} has {} bytes; at most {} are read", name, file.size(), expectation.max_bytes),
                      "check that it is the file you meant");
  }
  const std::vector<std::uint8_t> start = copy_start(file, kHeaderBytes + kSignatureBlockBytes);
  OBSCURA_TRY(const Header header, read_header(start, file.size(), expectation.kind, name));
  LazyContainerReader reader(file, name, header);
  OBSCURA_TRY(reader.signer_, find_signer(start, header, expectation.trust, name));

  const std::size_t table_at = kHeaderBytes + (header.is_signed() ? kSignatureBlockBytes : 0);
  if (header.table_bytes > file.size() - table_at) {
    return corrupt(fmt::format("the section table of {} is larger than the file", name));
  }
  const auto mapped_table = file.subspan(table_at, static_cast<std::size_t>(header.table_bytes));
  const std::vector<std::uint8_t> table(mapped_table.begin(), mapped_table.end());
  if (detail::front_digest(std::span(start).first(kHeaderBytes), table) != header.front) {
    return corrupt(fmt::format("header and section table of {} do not match their digest", name));
  }
  OBSCURA_TRY_VOID(reader.parse_table(table, table_at + table.size(), expectation.max_sections));
  return reader;
}

base::Result<void> LazyContainerReader::parse_table(std::span<const std::uint8_t> table, std::uint64_t end_of_table,
                                                    std::uint32_t max_sections) {
  base::ByteReader reader(table, fmt::format("the section table of {}", name_));
  const std::size_t count = reader.count(max_sections, detail::kTableEntryBytes);
  if (reader.u32() != 0) reader.reject("reserved bytes that are not zero");
  std::uint64_t end = end_of_table;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    Section section;
    section.id = reader.u32();
    if (reader.u32() != 0) reader.reject("reserved bytes that are not zero");
    section.offset = reader.u64();
    section.length = reader.u64();
    section.root = read_digest(reader);
    if (section.offset != detail::align_up(end, detail::section_alignment(section.length)) ||
        section.offset > file_.size() || section.length > file_.size() - section.offset) {
      reader.reject(fmt::format("section {} does not stand where it must", section.id));
    } else if (!number_of_id_.try_emplace(section.id, sections_.size()).second) {
      reader.reject(fmt::format("section {} stands there twice", section.id));
    } else {
      if (!all_zero(file_.subspan(end, section.offset - end))) reader.reject("padding that is not zero");
      end = section.offset + section.length;
      sections_.push_back(std::move(section));
    }
  }
  for (Section& section : sections_) {
    const std::uint64_t chunks = (section.length + kChunkBytes - 1) / kChunkBytes;
    if (chunks == 1) section.chunks = {section.root};
    for (std::uint64_t i = 0; i < chunks && chunks > 1 && reader.ok(); ++i)
      section.chunks.push_back(read_digest(reader));
    if (reader.ok() && merkle_root(section.chunks) != section.root) {
      reader.reject(fmt::format("the chunk digests of section {} do not match its root", section.id));
    }
  }
  if (reader.ok() && end != file_.size()) reader.reject("the last section does not end the file");
  return reader.finish();
}

base::Result<const Section*> LazyContainerReader::find(std::uint32_t id) const {
  const auto found = number_of_id_.find(id);
  if (found != number_of_id_.end()) return &sections_[found->second];
  return corrupt(fmt::format("{} has no section {}", name_, id));
}

std::size_t chunk_length(const Section& section, std::size_t index) {
  OBSCURA_CHECK(index < section.chunks.size(), "a section has no such chunk");
  return static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, section.length - index * kChunkBytes));
}

base::Result<void> LazyContainerReader::copy_chunk(const Section& section, std::size_t index,
                                                   std::span<std::uint8_t> out) const {
  OBSCURA_CHECK(out.size() == chunk_length(section, index), "the target has another length than the chunk");
  const auto from = file_.subspan(static_cast<std::size_t>(section.offset) + index * kChunkBytes, out.size());
  std::copy(from.begin(), from.end(), out.begin());
  if (merkle_leaf(out) == section.chunks[index]) return {};
  return corrupt(fmt::format("chunk {} of section {} of {} does not match its digest", index, section.id, name_));
}

base::Result<void> LazyContainerReader::copy_section(const Section& section, std::span<std::uint8_t> out) const {
  OBSCURA_CHECK(out.size() == section.length, "the target has another length than the section");
  for (std::size_t i = 0; i < section.chunks.size(); ++i) {
    OBSCURA_TRY_VOID(copy_chunk(section, i, out.subspan(i * kChunkBytes, chunk_length(section, i))));
  }
  return {};
}

base::Result<std::vector<std::uint8_t>> LazyContainerReader::copy_section(std::uint32_t id) const {
  OBSCURA_TRY(const Section* section, find(id));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(section->length));
  OBSCURA_TRY_VOID(copy_section(*section, bytes));
  return bytes;
}

base::Result<ContainerReader> ContainerReader::open(std::span<const std::uint8_t> file,
                                                    const ContainerExpectation& expectation) {
  OBSCURA_TRY(LazyContainerReader lazy, LazyContainerReader::open(file, expectation));
  for (const Section& section : lazy.sections()) {
    for (std::size_t i = 0; i < section.chunks.size(); ++i) {
      const std::size_t at = static_cast<std::size_t>(section.offset) + i * kChunkBytes;
      if (merkle_leaf(file.subspan(at, chunk_length(section, i))) != section.chunks[i]) {
        return corrupt(
            fmt::format("chunk {} of section {} of {} does not match its digest", i, section.id, expectation.name));
      }
    }
  }
  return ContainerReader(file, std::move(lazy));
}

base::Result<std::span<const std::uint8_t>> ContainerReader::section(std::uint32_t id) const {
  OBSCURA_TRY(const Section* section, lazy_.find(id));
  return file_.subspan(static_cast<std::size_t>(section->offset), static_cast<std::size_t>(section->length));
}

}  // namespace obscura::artifact
