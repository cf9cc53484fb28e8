#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace obscura::artifact {

/// A SHA-256 digest.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  /// 64 lower-case hexadecimal digits.
  [[nodiscard]] std::string hex() const;
  /// The inverse of hex(); upper case is read too. Error: kCorrupt.
  [[nodiscard]] static base::Result<Digest> from_hex(std::string_view text);
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

/// SHA-256 of bytes that arrive in pieces (FIPS 180-4, by OpenSSL; 1.6 GB/s with SHA-NI).
class Sha256 {
 public:
  Sha256();
  Sha256& update(std::span<const std::uint8_t> bytes);
  /// The digest of all bytes so far. Call once.
  [[nodiscard]] Digest finish();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

[[nodiscard]] Digest sha256(std::span<const std::uint8_t> bytes);

/// What people compare by eye: the first 128 bits of a digest as eight groups of four digits, such as
/// "ba78-16bf-8f01-cfea-4141-40de-5dae-2223". Programs compare the whole digest.
[[nodiscard]] std::string fingerprint(const Digest& digest);

/// The Merkle tree of RFC 6962, section 2.1: a leaf is SHA-256(0x00 || bytes), a node is
/// SHA-256(0x01 || left || right), so that neither can be passed off as the other.
[[nodiscard]] Digest merkle_leaf(std::span<const std::uint8_t> bytes);
/// The root over leaves in order; the digest of nothing when there is no leaf.
[[nodiscard]] Digest merkle_root(std::vector<Digest> leaves);

}  // namespace obscura::artifact
