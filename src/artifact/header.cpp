#include "artifact/header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.hpp"

namespace obscura::artifact {
namespace {

using base::ErrorCode;

constexpr std::array<std::uint8_t, 8> kMagic = {'O', 'B', 'S', 'C', 'U', 'R', 'A', 0};
constexpr std::size_t kReservedBytes = 32;

void read_digest(base::ByteReader& reader, Digest& digest) {
  const auto bytes = reader.bytes(digest.bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
}

base::Result<Header> read_fields(std::span<const std::uint8_t> file, std::uint64_t file_bytes,
                                 std::optional<ArtifactKind> kind, std::string_view name) {
  constexpr const char* kAgain = "copy or make the file again";
  if (file.size() < kHeaderBytes) {
    return base::fail(ErrorCode::kCorrupt,
                      fmt::format("{} has {} bytes, fewer than the {} of a header", name, file.size(), kHeaderBytes),
                      kAgain);
  }
  base::ByteReader reader(file.first(kHeaderBytes), fmt::format("the header of {}", name));
  const auto magic = reader.bytes(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) {
    return base::fail(ErrorCode::kCorrupt, fmt::format("{} is not an Obscura file", name), "check the path");
  }
  const std::uint16_t version = reader.u16();
  Header header{.kind = static_cast<ArtifactKind>(reader.u16()), .version = version};
  if (const int newest = newest_version(header.kind); version < 1 || version > newest) {
    return base::fail(ErrorCode::kUnsupported,
                      fmt::format("{} has format version {}; this program reads {}", name, version,
                                  newest == 1 ? "version 1" : fmt::format("versions 1 to {}", newest)),
                      "use the version of Obscura that made it, or make it again");
  }
  if (kind && header.kind != *kind) {
    return base::fail(ErrorCode::kMismatch,
                      fmt::format("{} is {}, but {} is needed here", name, describe(header.kind), describe(*kind)),
                      "check the order of the files on the command line");
  }
  header.flags = reader.u32();
  header.total_bytes = reader.u64();
  read_digest(reader, header.params);
  header.table_bytes = reader.u64();
  const auto reserved = reader.bytes(kReservedBytes);
  read_digest(reader, header.front);
  if ((header.flags & ~(kFlagInsecure | kFlagSigned)) != 0) reader.reject("unknown flags");
  if (std::any_of(reserved.begin(), reserved.end(), [](std::uint8_t byte) { return byte != 0; })) {
    reader.reject("reserved bytes that are not zero");
  }
  OBSCURA_TRY_VOID(reader.finish());
  if (header.total_bytes != file_bytes) {
    return base::fail(ErrorCode::kCorrupt,
                      fmt::format("{} has {} bytes, but its header says {}", name, file_bytes, header.total_bytes),
                      kAgain);
  }
  return header;
}

}  // namespace

std::uint16_t newest_version(ArtifactKind kind) {
  return kind == ArtifactKind::kSecretKey ? 2 : 1;
}

std::string describe(ArtifactKind kind) {
  switch (kind) {
    case ArtifactKind::kIdentitySecret:
      return "a secret identity";
    case ArtifactKind::kIdentityPublic:
      return "a public identity";
    case ArtifactKind::kPlan:
      return "a plan with clear weights";
    case ArtifactKind::kSpec:
      return "a model specification";
    case ArtifactKind::kSecretKey:
      return "a secret key";
    case ArtifactKind::kPublicKey:
      return "a public key";
    case ArtifactKind::kEvaluationKeys:
      return "a set of evaluation keys";
    case ArtifactKind::kSealedModel:
      return "a sealed model";
    case ArtifactKind::kCiphertext:
      return "an encrypted input";
    case ArtifactKind::kResult:
      return "an encrypted result";
    case ArtifactKind::kSealedStage:
      return "a stage of a sealed model";
    case ArtifactKind::kManifest:
      return "a manifest of a sealed model's stages";
    case ArtifactKind::kIntermediate:
      return "what one stage hands to the next";
    case ArtifactKind::kSealedShard:
      return "a shard of a stage of a sealed model";
    case ArtifactKind::kPart:
      return "what a shard hands to its merge";
    case ArtifactKind::kReleaseCount:
      return "a count of released results";
  }
  return fmt::format("an unknown kind of file ({})", static_cast<int>(kind));
}

// offset bytes  field
//      0     8  magic "OBSCURA\0"
//      8     2  format version, 1; of a secret key with a cap of its releases 2
//     10     2  kind (ArtifactKind)
//     12     4  flags: bit 0 insecure, bit 1 signed
//     16     8  length of the whole file
//     24    32  digest of the FHE parameters, zero where there are none
//     56     8  length of the section table
//     64    32  zero
//     96    32  SHA-256 of bytes [0, 96) and the section table
std::vector<std::uint8_t> write_header(const Header& header) {
  base::ByteWriter writer;
  writer.bytes(kMagic);
  writer.u16(header.version);
  writer.u16(static_cast<std::uint16_t>(header.kind));
  writer.u32(header.flags);
  writer.u64(header.total_bytes);
  writer.bytes(header.params.bytes);
  writer.u64(header.table_bytes);
  writer.bytes(std::array<std::uint8_t, kReservedBytes>{});
  writer.bytes(header.front.bytes);
  return writer.take();
}

base::Result<Header> read_header(std::span<const std::uint8_t> file, std::uint64_t file_bytes, ArtifactKind kind,
                                 std::string_view name) {
  return read_fields(file, file_bytes, kind, name);
}

base::Result<Header> read_any_header(std::span<const std::uint8_t> file, std::uint64_t file_bytes,
                                     std::string_view name) {
  return read_fields(file, file_bytes, std::nullopt, name);
}

}  // namespace obscura::artifact
