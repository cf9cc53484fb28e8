#include "images/image.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "images/detail/decoders.hpp"

namespace obscura::images {

namespace detail {

base::Result<void> check_size(std::uint64_t height, std::uint64_t width, std::string_view name,
                              const ImageLimits& limits) {
  if (height == 0 || width == 0) {
    return damaged(name, "image", fmt::format("it claims to be {} x {} pixels", width, height));
  }
  if (height > limits.max_pixels || width > limits.max_pixels / height) {
    return base::fail(
        base::ErrorCode::kLimit,
        fmt::format("{} claims {} x {} pixels; at most {} are read", name, width, height, limits.max_pixels),
        "scale the image down");
  }
  return {};
}

base::Result<Image> make_image(int channels, std::uint64_t height, std::uint64_t width, std::string_view name,
                               const ImageLimits& limits) {
  OBSCURA_TRY_VOID(check_size(height, width, name, limits));
  Image image{channels, static_cast<int>(height), static_cast<int>(width), {}};
  image.values.resize(static_cast<std::size_t>(channels) * image.pixels());
  return image;
}

tl::unexpected<base::Error> damaged(std::string_view name, std::string_view format, std::string_view reason) {
  return base::fail(base::ErrorCode::kCorrupt, fmt::format("{} is a damaged {}: {}", name, format, reason),
                    "open it in a viewer and save it again");
}

}  // namespace detail

base::Result<Image> read_image(const std::string& path, const ImageLimits& limits) {
  OBSCURA_TRY(const auto bytes, base::read_file(path, limits.max_file_bytes));
  return decode_image(bytes, path, limits);
}

base::Result<Image> decode_image(std::span<const std::uint8_t> bytes, std::string_view name,
                                 const ImageLimits& limits) {
  if (detail::is_png(bytes)) return detail::decode_png(bytes, name, limits);
  if (detail::is_jpeg(bytes)) return detail::decode_jpeg(bytes, name, limits);
  if (detail::is_pnm(bytes)) return detail::decode_pnm(bytes, name, limits);
  return base::fail(base::ErrorCode::kUnsupported,
                    fmt::format("{} is neither PNG nor JPEG nor PGM/PPM (judged by its first bytes)", name),
                    "convert it to PNG");
}

}  // namespace obscura::images
