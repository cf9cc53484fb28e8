#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <string_view>
#include <vector>

#include "images/detail/decoders.hpp"

namespace obscura::images::detail {
namespace {

// Encoders make ten scans or so. Each takes a walk over all blocks, however few bytes it has: without a bound a small
// file of a large image takes hours.
constexpr int kMaxScans = 100;

// libjpeg reports errors by calling back, and we leave by longjmp. Everything with a destructor lives here, outside
// the jump, and the steps that run inside guarded() hold plain values only.
struct JpegDecoder {
  JpegDecoder() = default;
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&state); }

  std::span<const std::uint8_t> bytes;
  jpeg_decompress_struct state{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump{};
  bool too_many_scans = false;
  std::array<char, JMSG_LENGTH_MAX> message{};
  std::vector<JSAMPLE> row;
  Image* image = nullptr;
};

[[noreturn]] void on_error(j_common_ptr state) {
  auto* decoder = static_cast<JpegDecoder*>(state->client_data);
  state->err->format_message(state, decoder->message.data());
  std::longjmp(decoder->jump, 1);
}

// libjpeg only warns when pixels are missing and makes some up; that would go unnoticed once encrypted.
void on_message(j_common_ptr state, int level) {
  if (level >= 0) return;
  const int code = state->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE) on_error(state);
}

// Called all along, a few times per scan at least.
void on_progress(j_common_ptr state) {
  auto* decoder = static_cast<JpegDecoder*>(state->client_data);
  if (decoder->state.input_scan_number <= kMaxScans) return;
  decoder->too_many_scans = true;
  std::longjmp(decoder->jump, 1);
}

bool guarded(JpegDecoder& decoder, void (*step)(JpegDecoder&)) {
  if (setjmp(decoder.jump) != 0) return false;
  step(decoder);
  return true;
}

void read_front(JpegDecoder& decoder) {
  jpeg_create_decompress(&decoder.state);
  decoder.state.progress = &decoder.progress;
  jpeg_mem_src(&decoder.state, decoder.bytes.data(), static_cast<unsigned long>(decoder.bytes.size()));
  jpeg_read_header(&decoder.state, TRUE);
}

void read_rows(JpegDecoder& decoder) {
  jpeg_start_decompress(&decoder.state);
  const auto channels = static_cast<std::size_t>(decoder.image->channels);
  const auto width = static_cast<std::size_t>(decoder.image->width);
  const std::size_t plane = decoder.image->pixels();
  while (decoder.state.output_scanline < decoder.state.output_height) {
    const std::size_t at = decoder.state.output_scanline * width;
    JSAMPLE* row = decoder.row.data();
    jpeg_read_scanlines(&decoder.state, &row, 1);
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) {
        decoder.image->values[c * plane + at + x] = static_cast<float>(row[x * channels + c]);
      }
    }
  }
  jpeg_finish_decompress(&decoder.state);
}

}  // namespace

bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

base::Result<Image> decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view name, const ImageLimits& limits) {
  JpegDecoder decoder;
  decoder.bytes = bytes;
  decoder.state.err = jpeg_std_error(&decoder.errors);
  decoder.state.client_data = &decoder;
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  decoder.progress.progress_monitor = on_progress;
  if (!guarded(decoder, read_front)) return damaged(name, "JPEG", decoder.message.data());

  const int samples = decoder.state.num_components;
  if (samples != 1 && samples != 3) {
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("{} is a JPEG of {} colour components; grey and RGB are read", name, samples),
                      "convert it to RGB");
  }
  decoder.state.out_color_space = samples == 1 ? JCS_GRAYSCALE : JCS_RGB;
  OBSCURA_TRY(Image image, make_image(samples, decoder.state.image_height, decoder.state.image_width, name, limits));
  decoder.image = &image;
  decoder.row.resize(static_cast<std::size_t>(samples) * static_cast<std::size_t>(image.width));
  if (guarded(decoder, read_rows)) return image;
  if (!decoder.too_many_scans) return damaged(name, "JPEG", decoder.message.data());
  return base::fail(base::ErrorCode::kLimit,
                    fmt::format("{} is a JPEG of more than {} scans, which would take long to read", name, kMaxScans),
                    "save it again, with fewer scans or as a baseline JPEG");
}

}  // namespace obscura::images::detail
