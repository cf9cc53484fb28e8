#pragma once

#include <cstdio>
// jpeglib.h needs FILE before it.
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

/// Files for tests, made at run time. Included by tests only.
namespace obscura::images::testing {

using Bytes = std::vector<std::uint8_t>;

/// A PNG by libpng. `samples`: interleaved, two bytes (high first) per sample when `bit_depth` is 16, else one
/// (packed here below 8). Palette images get the grey ramp 0, 10, 20, ..., and entry 1 is half transparent.
inline Bytes encode_png(int width, int height, int bit_depth, int colour_type, const Bytes& samples,
                        bool interlaced = false) {
  Bytes file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &file,
      [](png_structp p, png_bytep data, std::size_t count) {
        auto* out = static_cast<Bytes*>(png_get_io_ptr(p));
        out->insert(out->end(), data, data + count);
      },
      [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bit_depth, colour_type,
               interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  std::array<png_color, 16> palette{};
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const auto level = static_cast<png_byte>(10 * i);
    palette[i] = {level, level, level};
  }
  const std::array<png_byte, 2> opacity = {255, 128};
  if (colour_type == PNG_COLOR_TYPE_PALETTE) {
    png_set_PLTE(png, info, palette.data(), 16);
    png_set_tRNS(png, info, opacity.data(), 2, nullptr);
  }
  png_write_info(png, info);
  png_set_packing(png);
  const std::size_t row_bytes = samples.size() / static_cast<std::size_t>(height);
  std::vector<png_bytep> rows;
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
    rows.push_back(const_cast<png_bytep>(samples.data() + y * row_bytes));
  }
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

/// The scans of a progressive grey JPEG, 1 to 127: the constant coefficient, each other one without its last bit, and
/// these bits.
inline std::vector<jpeg_scan_info> jpeg_scans(int count) {
  std::vector<jpeg_scan_info> scans;
  for (int i = 0; i < count; ++i) {
    const int coefficient = i == 0 ? 0 : (i - 1) % 63 + 1;
    const bool is_last_bit = i > 63;
    scans.push_back({.comps_in_scan = 1,
                     .component_index = {0},
                     .Ss = coefficient,
                     .Se = coefficient,
                     .Ah = is_last_bit ? 1 : 0,
                     .Al = i == 0 || is_last_bit ? 0 : 1});
  }
  return scans;
}

/// A JPEG by libjpeg, quality 100, no chroma subsampling; `channels`: 1, 3 or 4 (CMYK). With `scans` (jpeg_scans) a
/// progressive one.
inline Bytes encode_jpeg(int width, int height, int channels, const Bytes& samples,
                         const std::vector<jpeg_scan_info>& scans = {}) {
  jpeg_compress_struct state{};
  jpeg_error_mgr errors{};
  state.err = jpeg_std_error(&errors);
  jpeg_create_compress(&state);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&state, &out, &size);
  state.image_width = static_cast<JDIMENSION>(width);
  state.image_height = static_cast<JDIMENSION>(height);
  state.input_components = channels;
  state.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&state);
  jpeg_set_quality(&state, 100, TRUE);
  for (int c = 0; c < channels; ++c) state.comp_info[c].h_samp_factor = state.comp_info[c].v_samp_factor = 1;
  if (!scans.empty()) {
    state.scan_info = scans.data();
    state.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&state, TRUE);
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
    auto* row = const_cast<JSAMPLE*>(samples.data() + y * static_cast<std::size_t>(width * channels));
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  Bytes file(out, out + size);
  jpeg_destroy_compress(&state);
  std::free(out);
  return file;
}

inline Bytes encode_gzip(const Bytes& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes out(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline Bytes encode_idx(const std::vector<std::uint32_t>& dimensions, const Bytes& values) {
  Bytes file = {0, 0, 8, static_cast<std::uint8_t>(dimensions.size())};
  for (const std::uint32_t dimension : dimensions) {
    for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<std::uint8_t>(dimension >> shift));
  }
  file.insert(file.end(), values.begin(), values.end());
  return file;
}

/// A folder that goes with all it holds when the object dies.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "obscura-images-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file and gives its path.
  [[nodiscard]] std::string write(const std::string& name, std::span<const std::uint8_t> bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path(name);
  }

 private:
  std::string path_;
};

}  // namespace obscura::images::testing
