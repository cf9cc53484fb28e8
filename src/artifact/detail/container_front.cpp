#include "artifact/detail/container_front.hpp"

#include <algorithm>

#include "artifact/detail/container_layout.hpp"
#include "base/bytes.hpp"

namespace obscura::artifact::detail {
namespace {

std::size_t chunk_count(const Section& section) {
  return static_cast<std::size_t>((section.length + kChunkBytes - 1) / kChunkBytes);
}

std::size_t table_bytes(std::span<const Section> sections) {
  std::size_t bytes = kTableHeadBytes + sections.size() * kTableEntryBytes;
  for (const Section& section : sections) {
    if (chunk_count(section) >= 2) bytes += chunk_count(section) * sizeof(Digest::bytes);
  }
  return bytes;
}

// Section table:
//   offset bytes  field
//        0     4  number of sections
//        4     4  zero
//        8    56  per section: id u32, zero u32, offset u64, length u64, Merkle root over its chunks (32)
//      ...    32  per chunk of each section of more than one chunk: its leaf digest
std::vector<std::uint8_t> write_table(std::span<const Section> sections) {
  base::ByteWriter writer;
  writer.u32(static_cast<std::uint32_t>(sections.size()));
  writer.u32(0);
  for (const Section& section : sections) {
    writer.u32(section.id);
    writer.u32(0);
    writer.u64(section.offset);
    writer.u64(section.length);
    writer.bytes(section.root.bytes);
  }
  for (const Section& section : sections) {
    if (section.chunks.size() < 2) continue;
    for (const Digest& chunk : section.chunks) writer.bytes(chunk.bytes);
  }
  return writer.take();
}

// Signature block:
//   offset bytes  field
//        0    32  the signer's Ed25519 key
//       32    64  signature over the 128 bytes of the header, context kSigningContext
//       96    32  zero
std::vector<std::uint8_t> write_signature(const SigningKey& signer, std::span<const std::uint8_t> header) {
  base::ByteWriter writer;
  writer.bytes(signer.verify_key().bytes);
  writer.bytes(signer.sign(kSigningContext, header));
  writer.align(kSignatureBlockBytes);
  return writer.take();
}

}  // namespace

std::size_t front_bytes(std::span<const Section> sections, bool is_signed) {
  return kHeaderBytes + (is_signed ? kSignatureBlockBytes : 0) + table_bytes(sections);
}

std::uint64_t place_sections(std::vector<Section>& sections, bool is_signed) {
  std::uint64_t end = front_bytes(sections, is_signed);
  for (Section& section : sections) {
    section.offset = align_up(end, section_alignment(section.length));
    end = section.offset + section.length;
  }
  return end;
}

void digest_section(std::span<const std::uint8_t> bytes, Section& section) {
  section.chunks.clear();
  for (std::size_t at = 0; at < bytes.size(); at += kChunkBytes) {
    section.chunks.push_back(merkle_leaf(bytes.subspan(at, std::min(kChunkBytes, bytes.size() - at))));
  }
  section.root = merkle_root(section.chunks);
}

std::vector<std::uint8_t> write_front(Header header, std::span<const Section> sections, std::uint64_t total_bytes,
                                      const SigningKey* signer) {
  const std::vector<std::uint8_t> table = write_table(sections);
  if (signer != nullptr) header.flags |= kFlagSigned;
  header.total_bytes = total_bytes;
  header.table_bytes = table.size();
  header.front = front_digest(write_header(header), table);
  std::vector<std::uint8_t> front = write_header(header);
  if (signer != nullptr) {
    const auto block = write_signature(*signer, front);
    front.insert(front.end(), block.begin(), block.end());
  }
  front.insert(front.end(), table.begin(), table.end());
  return front;
}

}  // namespace obscura::artifact::detail
