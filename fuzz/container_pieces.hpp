#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "artifact/digest.hpp"
#include "artifact/header.hpp"
#include "fuzz/workshop.hpp"

namespace obscura::fuzz {

/// A container without what follows from the rest: lengths, offsets, digests and signature.
struct Pieces {
  artifact::ArtifactKind kind{};
  std::uint16_t version = 1;
  std::uint32_t flags = 0;
  artifact::Digest params{};
  std::vector<std::pair<std::uint32_t, Bytes>> sections;  ///< id and bytes, in the order of the file

  [[nodiscard]] Bytes* section(std::uint32_t id);
};

/// Nothing for bytes whose header or section table does not fit them. Digests and signature are not looked at.
[[nodiscard]] std::optional<Pieces> take_apart(std::span<const std::uint8_t> file);

/// A container with digests and signature (by `signer`) of its own; ids that repeat are left out.
[[nodiscard]] Bytes put_together(const Pieces& pieces, const artifact::SigningKey& signer);

/// Has the header of a spec, plan, sealed model or public key name the parameters that its first section begins with,
/// and a public key the digest of its halves: what a reader compares before it looks further.
void make_consistent(Pieces& pieces);

/// Works out every digest of a file again, and its signature, where the table can be followed; lengths and offsets
/// stay as they are.
void repair(Bytes& file, const artifact::SigningKey& signer);

}  // namespace obscura::fuzz
