#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "base/result.hpp"

namespace obscura::artifact {

/// What a file of ours is. The numbers are part of the format: never change or reuse one.
enum class ArtifactKind : std::uint16_t {
  kIdentitySecret = 1,
  kIdentityPublic = 2,
  kPlan = 3,
  kSpec = 4,
  kSecretKey = 5,
  kPublicKey = 6,
  kEvaluationKeys = 7,
  kSealedModel = 8,
  kCiphertext = 9,
  kResult = 10,
  kSealedStage = 11,
  kManifest = 12,
  kIntermediate = 13,
  kSealedShard = 14,
  kPart = 15,
  kReleaseCount = 16,
};

/// For messages: "a sealed model". "an unknown kind of file (77)" for a number that means nothing to us.
[[nodiscard]] std::string describe(ArtifactKind kind);

/// The last format version of files of this kind: 2 of secret keys, else 1. Those before are read as well.
[[nodiscard]] std::uint16_t newest_version(ArtifactKind kind);

inline constexpr std::size_t kHeaderBytes = 128;

/// Header flags. A file with any other bit is refused.
inline constexpr std::uint32_t kFlagInsecure = 1;  ///< made with test-size parameters that protect nothing
inline constexpr std::uint32_t kFlagSigned = 2;    ///< a signature block follows the header

/// The first 128 bytes of every file of ours. docs/formats.md holds the same table.
struct Header {
  ArtifactKind kind;
  std::uint32_t flags = 0;
  std::uint64_t total_bytes = 0;  ///< of the whole file
  Digest params{};                ///< of the FHE parameter set; zero where there is none
  std::uint64_t table_bytes = 0;  ///< of the section table
  Digest front{};                 ///< SHA-256 of header bytes [0, 96) and the section table
  std::uint16_t version = 1;      ///< 1 to newest_version(kind)

  [[nodiscard]] bool insecure() const { return (flags & kFlagInsecure) != 0; }
  [[nodiscard]] bool is_signed() const { return (flags & kFlagSigned) != 0; }
};

/// kHeaderBytes bytes.
[[nodiscard]] std::vector<std::uint8_t> write_header(const Header& header);

/// Reads the header of `file` (the whole file, or as much of it as there is) and checks length, magic,
/// version, kind, flags and total length, in this order, against `file_bytes`, the file's true length.
/// `name` is what messages call the file. Errors: kCorrupt, kUnsupported (version), kMismatch (kind).
[[nodiscard]] base::Result<Header> read_header(std::span<const std::uint8_t> file, std::uint64_t file_bytes,
                                               ArtifactKind kind, std::string_view name);

/// The same for a file of any kind, as `inspect` needs it.
[[nodiscard]] base::Result<Header> read_any_header(std::span<const std::uint8_t> file, std::uint64_t file_bytes,
                                                   std::string_view name);

}  // namespace obscura::artifact
