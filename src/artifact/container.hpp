#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/digest.hpp"
#include "artifact/header.hpp"
#include "artifact/signature.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

namespace obscura::artifact {

/// A container is header, signature block (if signed), section table, sections. The header's digest
/// covers header and table, the table's Merkle roots cover the sections, and what is left is padding
/// that must be zero: no byte can change unnoticed. docs/formats.md holds the byte tables.

/// Sections are digested in chunks of this size, so that a large one can be checked as it streams.
inline constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
/// Sections of at least a chunk start on a page; shorter ones on a cache line.
inline constexpr std::size_t kLargeAlignment = 4096;
inline constexpr std::size_t kSmallAlignment = 64;
/// Key, signature and zeros; directly behind the header.
inline constexpr std::size_t kSignatureBlockBytes = 128;

/// One section as the table describes it.
struct Section {
  std::uint32_t id = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  Digest root{};                 ///< Merkle root over the chunks
  std::vector<Digest> chunks{};  ///< a leaf per chunk: ceil(length / kChunkBytes)
};

/// Collects sections and writes a container. Same sections, same bytes. Sections of a kind that is
/// secret (identities, secret keys) are wiped when the writer dies.
class ContainerWriter {
 public:
  /// `params`: digest of the FHE parameters, zero where there are none. `insecure`: see kFlagInsecure. `version`: of
  /// the format, 1 to newest_version(kind).
  explicit ContainerWriter(ArtifactKind kind, const Digest& params = {}, bool insecure = false,
                           std::uint16_t version = 1);
  ContainerWriter(const ContainerWriter&) = delete;
  ContainerWriter& operator=(const ContainerWriter&) = delete;
  ~ContainerWriter();

  /// Sections stand in the file in the order in which they are added; an id may be used once.
  void add(std::uint32_t id, std::vector<std::uint8_t> bytes);

  /// The file's bytes; signed when a key is given. Cost: one SHA-256 over everything.
  [[nodiscard]] std::vector<std::uint8_t> finish(const SigningKey* signer = nullptr) const;
  /// The same into a file that appears whole or not at all, without a second copy of the sections.
  [[nodiscard]] base::Result<void> write_file(const std::string& path, mode_t mode = base::kPublicMode,
                                              base::Existing existing = base::Existing::kReplace,
                                              const SigningKey* signer = nullptr) const;

 private:
  struct Front;
  [[nodiscard]] Front front(const SigningKey* signer) const;
  Header header_;
  std::vector<std::uint32_t> ids_;  ///< in the order of the file
  std::set<std::uint32_t> known_ids_;
  std::vector<std::vector<std::uint8_t>> sections_;
};

/// What a reader accepts.
struct ContainerExpectation {
  ArtifactKind kind;
  std::string name;  ///< what messages call the file, usually its path
  std::uint64_t max_bytes;
  std::uint32_t max_sections = 4096;
  const TrustSet* trust = nullptr;  ///< when given, the file must be signed by one of these
};

/// Checks that `file` is a container of this kind signed by somebody in `trust`, and says by whom. Looks at
/// nothing but header and signature block, which cover all else: to be called before anything is parsed.
/// Errors: those of read_header, kUntrusted.
[[nodiscard]] base::Result<PublicIdentity> verify_signed(std::span<const std::uint8_t> file, ArtifactKind kind,
                                                         const TrustSet& trust, std::string_view name);

/// Reads a container of which a part is wanted, chunk by chunk, out of bytes that somebody else may be
/// changing (a mapped file): every byte is copied first, then verified, then used. `file` must outlive it.
/// const operations are safe from several threads.
class LazyContainerReader {
 public:
  /// Checks limits, header, signature (and trust, if asked for), front digest and table, in this order.
  /// Errors: kLimit, kCorrupt, kUnsupported, kMismatch, kUntrusted.
  [[nodiscard]] static base::Result<LazyContainerReader> open(std::span<const std::uint8_t> file,
                                                              const ContainerExpectation& expectation);

  [[nodiscard]] const Header& header() const { return header_; }
  /// Who signed the file. Only when the expectation named a trust set is this somebody trusted.
  [[nodiscard]] const std::optional<PublicIdentity>& signer() const { return signer_; }
  [[nodiscard]] std::span<const Section> sections() const { return sections_; }
  /// The section with this id. Error: kCorrupt when there is none.
  [[nodiscard]] base::Result<const Section*> find(std::uint32_t id) const;

  /// Copies chunk `index` of a section into `out` (of exactly its length) and verifies the copy. On error
  /// `out` holds bytes that must not be used. Error: kCorrupt.
  [[nodiscard]] base::Result<void> copy_chunk(const Section& section, std::size_t index,
                                              std::span<std::uint8_t> out) const;
  /// A verified copy of a whole section: as copy_chunk, or by itself.
  [[nodiscard]] base::Result<void> copy_section(const Section& section, std::span<std::uint8_t> out) const;
  [[nodiscard]] base::Result<std::vector<std::uint8_t>> copy_section(std::uint32_t id) const;

 private:
  LazyContainerReader(std::span<const std::uint8_t> file, std::string name, const Header& header)
      : file_(file), name_(std::move(name)), header_(header) {}
  base::Result<void> parse_table(std::span<const std::uint8_t> table, std::uint64_t end_of_table,
                                 std::uint32_t max_sections);
  std::span<const std::uint8_t> file_;
  std::string name_;
  Header header_;
  std::optional<PublicIdentity> signer_;
  std::vector<Section> sections_;
  std::map<std::uint32_t, std::size_t> number_of_id_;
};

/// Length of chunk `index` of a section.
[[nodiscard]] std::size_t chunk_length(const Section& section, std::size_t index);

/// Reads a container whose bytes are private to this process (read_file, a message): all of it is
/// verified at once and then read in place.
class ContainerReader {
 public:
  /// Errors as for LazyContainerReader::open.
  [[nodiscard]] static base::Result<ContainerReader> open(std::span<const std::uint8_t> file,
                                                          const ContainerExpectation& expectation);

  [[nodiscard]] const Header& header() const { return lazy_.header(); }
  [[nodiscard]] const std::optional<PublicIdentity>& signer() const { return lazy_.signer(); }
  [[nodiscard]] std::span<const Section> sections() const { return lazy_.sections(); }
  /// The bytes of the section with this id. Error: kCorrupt when there is none.
  [[nodiscard]] base::Result<std::span<const std::uint8_t>> section(std::uint32_t id) const;

 private:
  ContainerReader(std::span<const std::uint8_t> file, LazyContainerReader lazy) : file_(file), lazy_(std::move(lazy)) {}
  std::span<const std::uint8_t> file_;
  LazyContainerReader lazy_;
};

}  // namespace obscura::artifact
