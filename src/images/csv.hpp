#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace obscura::images {

/// Reads a text file of numbers: one row per line, numbers parted by commas (spaces around them are allowed).
/// Blank lines are skipped; a heading is not. Rows may differ in length. Every number must be finite as a float.
/// Errors: kNotFound, kIo, kLimit, kCorrupt (naming line and column).
[[nodiscard]] base::Result<std::vector<std::vector<float>>> read_csv(const std::string& path,
                                                                     std::uint64_t max_bytes = std::uint64_t{1} << 28);

/// The same from memory; `name` is what messages call it.
[[nodiscard]] base::Result<std::vector<std::vector<float>>> decode_csv(std::string_view text, std::string_view name);

}  // namespace obscura::images
