#pragma once

#include <cstdint>

namespace obscura::runtime::wire {

/// Section numbers of our containers. Part of the formats: never renumber.
enum class SectionId : std::uint32_t {
  kProgram = 1,    ///< bytes of the program; in a public key, of the request form
  kInfo = 2,       ///< the fixed fields of the kind of file
  kLabels = 3,     ///< class names
  kSeed = 4,       ///< the public seed of the uniform halves
  kFirstItem = 64  ///< item i (key, ciphertext, weight) is section kFirstItem + i
};

[[nodiscard]] constexpr std::uint32_t number(SectionId id) {
  return static_cast<std::uint32_t>(id);
}
[[nodiscard]] constexpr std::uint32_t item_section(std::size_t item) {
  return number(SectionId::kFirstItem) + static_cast<std::uint32_t>(item);
}

}  // namespace obscura::runtime::wire
