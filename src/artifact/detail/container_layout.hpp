#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "artifact/container.hpp"

namespace obscura::artifact::detail {

/// What container signatures are made for, and nothing else.
inline constexpr std::string_view kSigningContext = "obscura container v1";

inline constexpr std::size_t kTableHeadBytes = 8;
inline constexpr std::size_t kTableEntryBytes = 56;
/// Header bytes [0, 96) are covered by the digest that stands behind them.
inline constexpr std::size_t kDigestedHeaderBytes = 96;

[[nodiscard]] inline std::uint64_t section_alignment(std::uint64_t length) {
  return length >= kChunkBytes ? kLargeAlignment : kSmallAlignment;
}

[[nodiscard]] inline std::uint64_t align_up(std::uint64_t position, std::uint64_t alignment) {
  return (position + alignment - 1) / alignment * alignment;
}

/// The digest that a header with these bytes must carry.
[[nodiscard]] inline Digest front_digest(std::span<const std::uint8_t> header, std::span<const std::uint8_t> table) {
  return Sha256().update(header.first(kDigestedHeaderBytes)).update(table).finish();
}

}  // namespace obscura::artifact::detail
