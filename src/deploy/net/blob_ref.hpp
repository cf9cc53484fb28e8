#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "artifact/digest.hpp"
#include "base/result.hpp"

namespace obscura::deploy::net {

/// What bytes are called wherever they do not travel themselves: their SHA-256 and how many they are.
struct BlobRef {
  artifact::Digest sha256;
  std::uint64_t size = 0;

  [[nodiscard]] static BlobRef of(std::span<const std::uint8_t> bytes) {
    return {artifact::sha256(bytes), bytes.size()};
  }
  /// "<64 hexadecimal digits>:<bytes>", as people pass it on.
  [[nodiscard]] std::string text() const;
  /// The inverse of text(). Error: kUsage.
  [[nodiscard]] static base::Result<BlobRef> parse(std::string_view text);
  friend auto operator<=>(const BlobRef&, const BlobRef&) = default;
};

/// The name that the user means by `text`: one that is written out, or that of the file there.
/// Errors: those of MappedFile::open.
[[nodiscard]] base::Result<BlobRef> name_blob(const std::string& text);

}  // namespace obscura::deploy::net
