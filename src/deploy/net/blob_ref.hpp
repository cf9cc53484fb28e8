#pragma once

#include <compare>
#include <cstdint>
#include <span>

#include "artifact/digest.hpp"

namespace obscura::deploy::net {

/// What bytes are called wherever they do not travel themselves: their SHA-256 and how many they are.
struct BlobRef {
  artifact::Digest sha256;
  std::uint64_t size = 0;

  [[nodiscard]] static BlobRef of(std::span<const std::uint8_t> bytes) {
    return {artifact::sha256(bytes), bytes.size()};
  }
  friend auto operator<=>(const BlobRef&, const BlobRef&) = default;
};

}  // namespace obscura::deploy::net
