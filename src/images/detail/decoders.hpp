#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "images/image.hpp"

namespace obscura::images::detail {

[[nodiscard]] bool is_png(std::span<const std::uint8_t> bytes);
[[nodiscard]] bool is_jpeg(std::span<const std::uint8_t> bytes);
[[nodiscard]] bool is_pnm(std::span<const std::uint8_t> bytes);

[[nodiscard]] base::Result<Image> decode_png(std::span<const std::uint8_t> bytes, std::string_view name,
                                             const ImageLimits& limits);
[[nodiscard]] base::Result<Image> decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view name,
                                              const ImageLimits& limits);
[[nodiscard]] base::Result<Image> decode_pnm(std::span<const std::uint8_t> bytes, std::string_view name,
                                             const ImageLimits& limits);

/// That an image of this size is read: each side must be 1 or more and their product within the limit. Errors:
/// kCorrupt, kLimit.
[[nodiscard]] base::Result<void> check_size(std::uint64_t height, std::uint64_t width, std::string_view name,
                                            const ImageLimits& limits);

/// An image of this shape with room for its values, or why there is none (check_size).
[[nodiscard]] base::Result<Image> make_image(int channels, std::uint64_t height, std::uint64_t width,
                                             std::string_view name, const ImageLimits& limits);

/// The kCorrupt error of a decoder.
[[nodiscard]] tl::unexpected<base::Error> damaged(std::string_view name, std::string_view format,
                                                  std::string_view reason);

}  // namespace obscura::images::detail
