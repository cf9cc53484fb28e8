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
  kBootstrap = 10,
  // Of the shards and the merge of a stage only.
  kPartialInput = 16,
  kJoin = 17,
};

inline constexpr std::uint16_t kProgramVersion = 3;
/// Added by what a program says behind its packing: how many images a request holds, where there are several, and what
/// its bootstraps do, where it has any.
inline constexpr std::uint16_t kImagesVersion = 1;
inline constexpr std::uint16_t kBootstrapVersion = 2;
inline constexpr std::uint8_t kLinearExtended = 1;
inline constexpr std::uint8_t kLinearRescale = 2;
inline constexpr std::uint8_t kLinearPartial = 4;
inline constexpr std::uint8_t kInputBgr = 1;
inline constexpr std::uint8_t kInputResize = 2;

}  // namespace obscura::plan::program::detail
