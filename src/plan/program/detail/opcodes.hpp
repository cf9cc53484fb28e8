#pragma once

#include <cstdint>

namespace obscura::plan::program::detail {

/// Numbers of operations in program bytes. Part of the format: never renumber.
enum class Opcode : std::uint8_t {
  kInput = 0,
  kLinear = 1,
  kAddBias = 2,
  kSquare = 3,
  kRotate = 4,
  kConjugate = 5,
  kMultiplyByI = 6,
  kAdd = 7,
  kMultiply = 8,
  kChangeScale = 9,
  // Of the shards and the merge of a stage only.
  kPartialInput = 16,
  kJoin = 17,
};

inline constexpr std::uint16_t kProgramVersion = 3;
/// Of programs whose requests hold more than one image: they say how many behind the packing.
inline constexpr std::uint16_t kImagesVersion = 4;
inline constexpr std::uint8_t kLinearExtended = 1;
inline constexpr std::uint8_t kLinearRescale = 2;
inline constexpr std::uint8_t kLinearPartial = 4;
inline constexpr std::uint8_t kInputBgr = 1;
inline constexpr std::uint8_t kInputResize = 2;

}  // namespace obscura::plan::program::detail
