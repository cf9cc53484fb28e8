#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <string_view>
#include <vector>

#include "images/detail/decoders.hpp"

namespace obscura::images::detail {
namespace {

constexpr std::size_t kSignatureBytes = 8;

// libpng reports errors by longjmp. Everything with a destructor lives here, outside the jump, and the steps that
// run inside guarded() hold plain values only.
struct PngDecoder {
  explicit PngDecoder(std::span<const std::uint8_t> bytes_in) : bytes(bytes_in) {}
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png, &info, nullptr); }

  std::span<const std::uint8_t> bytes;
  std::size_t position = 0;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::array<char, 128> message{};
  std::vector<png_byte> pixels;
  std::vector<png_bytep> rows;
};

void on_error(png_structp png, png_const_charp message) {
  auto* decoder = static_cast<PngDecoder*>(png_get_error_ptr(png));
  std::strncpy(decoder->message.data(), message, decoder->message.size() - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t count) {
  auto* decoder = static_cast<PngDecoder*>(png_get_io_ptr(png));
  if (count > decoder->bytes.size() - decoder->position) png_error(png, "the file ends too early");
  std::memcpy(out, decoder->bytes.data() + decoder->position, count);
  decoder->position += count;
}

bool guarded(PngDecoder& decoder, void (*step)(PngDecoder&)) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  step(decoder);
  return true;
}

void read_front(PngDecoder& decoder) {
  png_read_info(decoder.png, decoder.info);
}

// Asks for rows of 8 or 16 bit samples without palette. From here on libpng takes memory for rows.
void prepare_rows(PngDecoder& decoder) {
  png_set_expand(decoder.png);
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
}

void read_rows(PngDecoder& decoder) {
  png_read_image(decoder.png, decoder.rows.data());
  png_read_end(decoder.png, nullptr);
}

// PNG stores 16-bit samples with the high byte first.
float sample_at(const png_byte* row, std::size_t index, bool wide) {
  if (!wide) return static_cast<float>(row[index]);
  return static_cast<float>(row[2 * index] * 256 + row[2 * index + 1]) / 257.0F;
}

void fill(const PngDecoder& decoder, std::size_t samples, bool wide, Image& image) {
  const auto channels = static_cast<std::size_t>(image.channels);
  const auto width = static_cast<std::size_t>(image.width);
  for (std::size_t y = 0; y < decoder.rows.size(); ++y) {
    const png_byte* row = decoder.rows[y];
    for (std::size_t x = 0; x < width; ++x) {
      const float opacity = samples > channels ? sample_at(row, x * samples + channels, wide) / 255.0F : 1.0F;
      for (std::size_t c = 0; c < channels; ++c) {
        image.values[(c * decoder.rows.size() + y) * width + x] = opacity * sample_at(row, x * samples + c, wide);
      }
    }
  }
}

}  // namespace

bool is_png(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kSignatureBytes && png_sig_cmp(bytes.data(), 0, kSignatureBytes) == 0;
}

base::Result<Image> decode_png(std::span<const std::uint8_t> bytes, std::string_view name, const ImageLimits& limits) {
  PngDecoder decoder(bytes);
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, on_error, on_warning);
  if (decoder.png != nullptr) decoder.info = png_create_info_struct(decoder.png);
  if (decoder.info == nullptr) {
    return base::fail(base::ErrorCode::kLimit,
                      "libpng could not start: out of memory or another version than built for");
  }
  png_set_read_fn(decoder.png, &decoder, on_read);
  png_set_user_limits(decoder.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  if (!guarded(decoder, read_front)) return damaged(name, "PNG", decoder.message.data());
  const std::uint64_t height = png_get_image_height(decoder.png, decoder.info);
  const std::uint64_t width = png_get_image_width(decoder.png, decoder.info);
  OBSCURA_TRY_VOID(check_size(height, width, name, limits));

  if (!guarded(decoder, prepare_rows)) return damaged(name, "PNG", decoder.message.data());
  const std::size_t samples = png_get_channels(decoder.png, decoder.info);
  const bool wide = png_get_bit_depth(decoder.png, decoder.info) == 16;
  OBSCURA_TRY(Image image, make_image(samples < 3 ? 1 : 3, height, width, name, limits));

  const std::size_t row_bytes = png_get_rowbytes(decoder.png, decoder.info);
  decoder.pixels.resize(row_bytes * height);
  for (std::size_t y = 0; y < height; ++y) decoder.rows.push_back(decoder.pixels.data() + y * row_bytes);
  if (!guarded(decoder, read_rows)) return damaged(name, "PNG", decoder.message.data());
  fill(decoder, samples, wide, image);
  return image;
}

}  // namespace obscura::images::detail
