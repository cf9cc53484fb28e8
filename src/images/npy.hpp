#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace obscura::images {

/// The numbers of a NumPy array, last dimension fastest.
struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

/// Reads a .npy file (versions 1 to 3) of little-endian float32, float64 or uint8 in C order. Every number must
/// be finite as a float. Errors: kNotFound, kIo, kLimit, kCorrupt, kUnsupported (other types, Fortran order).
[[nodiscard]] base::Result<NpyArray> read_npy(const std::string& path,
                                              std::uint64_t max_bytes = std::uint64_t{1} << 30);

/// The same from memory; `name` is what messages call it.
[[nodiscard]] base::Result<NpyArray> decode_npy(std::span<const std::uint8_t> bytes, std::string_view name);

[[nodiscard]] bool is_npy(std::span<const std::uint8_t> bytes);

}  // namespace obscura::images
