#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace obscura::images {

/// Pixels as decoded, 0..255, laid out [channels][height][width]; one channel is grey, three are red, green,
/// blue. 16-bit images keep their fractions.
struct Image {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<float> values;

  [[nodiscard]] std::size_t pixels() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
};

/// What is refused before anything is allocated for it.
struct ImageLimits {
  std::uint64_t max_file_bytes = std::uint64_t{1} << 28;
  std::uint64_t max_pixels = std::uint64_t{1} << 26;
};

/// Reads a PNG (8 or 16 bit; grey, colour, palette; transparency is flattened on black), JPEG (grey or
/// colour) or PGM/PPM (P2, P3, P5, P6) file. The content decides which, not the name. Colour profiles, gamma
/// and EXIF orientation are ignored, as training pipelines do.
/// Errors: kNotFound, kIo, kLimit (also a JPEG of more than 100 scans), kCorrupt, kUnsupported (another format, CMYK).
[[nodiscard]] base::Result<Image> read_image(const std::string& path, const ImageLimits& limits = {});

/// The same from memory; `name` is what messages call it.
[[nodiscard]] base::Result<Image> decode_image(std::span<const std::uint8_t> bytes, std::string_view name,
                                               const ImageLimits& limits = {});

}  // namespace obscura::images
