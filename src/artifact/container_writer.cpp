#include <algorithm>
#include <array>
#include <utility>

#include "artifact/container.hpp"
#include "artifact/detail/container_layout.hpp"
#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/secret.hpp"

namespace obscura::artifact {
namespace {

using detail::align_up;
using detail::section_alignment;

bool is_secret(ArtifactKind kind) {
  return kind == ArtifactKind::kIdentitySecret || kind == ArtifactKind::kSecretKey;
}

std::vector<Digest> chunk_digests(std::span<const std::uint8_t> bytes) {
  std::vector<Digest> digests;
  for (std::size_t at = 0; at < bytes.size(); at += kChunkBytes) {
    digests.push_back(merkle_leaf(bytes.subspan(at, std::min(kChunkBytes, bytes.size() - at))));
  }
  return digests;
}

// Section table:
//   offset bytes  field
//        0     4  number of sections
//        4     4  zero
//        8    56  per section: id u32, zero u32, offset u64, length u64, Merkle root over its chunks (32)
//      ...    32  per chunk of each section of more than one chunk: its leaf digest
std::vector<std::uint8_t> write_table(const std::vector<Section>& sections) {
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
  writer.bytes(signer.sign(detail::kSigningContext, header));
  writer.align(kSignatureBlockBytes);
  return writer.take();
}

}  // namespace

// All that comes before the sections, and where each of them goes.
struct ContainerWriter::Front {
  std::vector<std::uint8_t> bytes;
  std::vector<Section> sections;
  std::uint64_t total_bytes = 0;
};

ContainerWriter::ContainerWriter(ArtifactKind kind, const Digest& params, bool insecure, std::uint16_t version)
    : header_{.kind = kind, .flags = insecure ? kFlagInsecure : 0, .params = params, .version = version} {
  OBSCURA_CHECK(version >= 1 && version <= newest_version(kind), "a file of a version that there is not");
}

ContainerWriter::~ContainerWriter() {
  if (!is_secret(header_.kind)) return;
  for (auto& section : sections_) base::wipe(section);
}

void ContainerWriter::add(std::uint32_t id, std::vector<std::uint8_t> bytes) {
  OBSCURA_CHECK(known_ids_.insert(id).second, "a section id was added twice");
  ids_.push_back(id);
  sections_.push_back(std::move(bytes));
}

ContainerWriter::Front ContainerWriter::front(const SigningKey* signer) const {
  Front front;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    Section section{.id = ids_[i], .length = sections_[i].size(), .chunks = chunk_digests(sections_[i])};
    section.root = merkle_root(section.chunks);
    front.sections.push_back(std::move(section));
  }
  const std::size_t table_bytes = write_table(front.sections).size();
  std::uint64_t end = kHeaderBytes + (signer != nullptr ? kSignatureBlockBytes : 0) + table_bytes;
  for (Section& section : front.sections) {
    section.offset = align_up(end, section_alignment(section.length));
    end = section.offset + section.length;
  }
  front.total_bytes = end;

  Header header = header_;
  if (signer != nullptr) header.flags |= kFlagSigned;
  header.total_bytes = end;
  header.table_bytes = table_bytes;
  const std::vector<std::uint8_t> table = write_table(front.sections);
  header.front = detail::front_digest(write_header(header), table);
  front.bytes = write_header(header);
  if (signer != nullptr) {
    const auto block = write_signature(*signer, front.bytes);
    front.bytes.insert(front.bytes.end(), block.begin(), block.end());
  }
  front.bytes.insert(front.bytes.end(), table.begin(), table.end());
  return front;
}

std::vector<std::uint8_t> ContainerWriter::finish(const SigningKey* signer) const {
  Front front = this->front(signer);
  std::vector<std::uint8_t> file(static_cast<std::size_t>(front.total_bytes));
  std::copy(front.bytes.begin(), front.bytes.end(), file.begin());
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    std::copy(sections_[i].begin(), sections_[i].end(),
              file.begin() + static_cast<std::ptrdiff_t>(front.sections[i].offset));
  }
  return file;
}

base::Result<void> ContainerWriter::write_file(const std::string& path, mode_t mode, base::Existing existing,
                                               const SigningKey* signer) const {
  static constexpr std::array<std::uint8_t, kLargeAlignment> kZeros{};
  const Front front = this->front(signer);
  OBSCURA_TRY(base::AtomicFile file, base::AtomicFile::create(path, mode));
  OBSCURA_TRY_VOID(file.write(front.bytes));
  std::uint64_t position = front.bytes.size();
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const auto padding = static_cast<std::size_t>(front.sections[i].offset - position);
    OBSCURA_TRY_VOID(file.write(std::span(kZeros).first(padding)));
    OBSCURA_TRY_VOID(file.write(sections_[i]));
    position = front.sections[i].offset + sections_[i].size();
  }
  return file.commit(existing);
}

}  // namespace obscura::artifact
