#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "artifact/container.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

namespace obscura::artifact {

struct PlannedSection {
  std::uint32_t id;
  std::uint64_t length;
};

/// Writes the container that ContainerWriter would, section by section as they are made, in any order: memory for one
/// of them, so that keys and models of many gigabytes can be written. How long each is, and whether the file is signed,
/// has to be known beforehand. The file appears whole with commit(), or not at all.
class ContainerFile {
 public:
  /// `params` and `insecure` as for ContainerWriter; `planned` in the order of the file, an id once. Errors: those of
  /// AtomicFile::create.
  [[nodiscard]] static base::Result<ContainerFile> create(const std::string& path, ArtifactKind kind,
                                                          const Digest& params, bool insecure, bool is_signed,
                                                          const std::vector<PlannedSection>& planned);

  /// Each planned section once, of its length. Errors: kIo. Cost: one SHA-256 over the bytes.
  [[nodiscard]] base::Result<void> write(std::uint32_t id, std::span<const std::uint8_t> bytes);
  /// After all sections; `signer` for one that is signed, else none. Errors: kIo.
  [[nodiscard]] base::Result<void> commit(const SigningKey* signer = nullptr);

 private:
  ContainerFile(base::AtomicFile file, const Header& header, std::vector<Section> sections, bool is_signed);

  base::AtomicFile file_;
  Header header_;
  std::vector<Section> sections_;
  std::map<std::uint32_t, std::size_t> unwritten_;  ///< number of the section by its id
  std::uint64_t total_bytes_;
  bool is_signed_;
};

}  // namespace obscura::artifact
