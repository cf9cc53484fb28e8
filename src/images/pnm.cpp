#include <fmt/format.h>

#include <cstddef>
#include <string_view>

#include "images/detail/decoders.hpp"

namespace obscura::images::detail {
namespace {

constexpr const char* kFormat = "PGM/PPM";

bool is_space(std::uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The text part of a PNM file: numbers between spaces and comments. Errors stick.
class PnmText {
 public:
  explicit PnmText(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  // The next number, at most `max`; 0 after an error.
  std::uint64_t number(std::uint64_t max) {
    skip_spaces();
    std::uint64_t value = 0;
    const std::size_t start = position_;
    for (; position_ < bytes_.size() && bytes_[position_] >= '0' && bytes_[position_] <= '9'; ++position_) {
      value = 10 * value + static_cast<std::uint64_t>(bytes_[position_] - '0');
      if (value > max) return reject();
    }
    return position_ == start ? reject() : value;
  }

  void one_space() {
    if (position_ >= bytes_.size() || !is_space(bytes_[position_])) (void)reject();
    ++position_;
  }

  void skip_spaces() {
    for (bool comment = false; position_ < bytes_.size(); ++position_) {
      if (bytes_[position_] == '#') comment = true;
      if (bytes_[position_] == '\n') comment = false;
      if (!comment && !is_space(bytes_[position_])) return;
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return ok_ ? bytes_.subspan(position_) : bytes_.first(0); }

 private:
  std::uint64_t reject() {
    ok_ = false;
    position_ = bytes_.size();
    return 0;
  }
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 2;
  bool ok_ = true;
};

// Samples arrive pixel by pixel and are stored plane by plane.
void store(Image& image, std::size_t sample, std::uint64_t value, std::uint64_t maximum) {
  const auto channels = static_cast<std::size_t>(image.channels);
  image.values[sample % channels * image.pixels() + sample / channels] =
      static_cast<float>(value) * 255.0F / static_cast<float>(maximum);
}

base::Result<Image> read_text(PnmText text, Image image, std::uint64_t maximum, std::string_view name) {
  for (std::size_t i = 0; i < image.values.size() && text.ok(); ++i) store(image, i, text.number(maximum), maximum);
  text.skip_spaces();
  if (!text.ok()) return damaged(name, kFormat, "a sample is missing, too large or not a number");
  if (!text.rest().empty()) return damaged(name, kFormat, "something follows the last pixel");
  return image;
}

base::Result<Image> read_binary(std::span<const std::uint8_t> samples, Image image, std::uint64_t maximum,
                                std::string_view name) {
  const std::size_t width = maximum > 255 ? 2 : 1;
  if (samples.size() != width * image.values.size()) {
    return damaged(name, kFormat,
                   fmt::format("{} bytes of pixels where {} are needed", samples.size(), width * image.values.size()));
  }
  for (std::size_t i = 0; i < image.values.size(); ++i) {
    const std::uint64_t value = width == 1 ? samples[i] : samples[2 * i] * 256u + samples[2 * i + 1];
    if (value > maximum) return damaged(name, kFormat, "a sample is larger than the stated maximum");
    store(image, i, value, maximum);
  }
  return image;
}

}  // namespace

bool is_pnm(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 'P' && is_space(bytes[2]) &&
         std::string_view("2356").find(static_cast<char>(bytes[1])) != std::string_view::npos;
}

base::Result<Image> decode_pnm(std::span<const std::uint8_t> bytes, std::string_view name, const ImageLimits& limits) {
  const bool binary = bytes[1] >= '5';
  const int channels = bytes[1] == '2' || bytes[1] == '5' ? 1 : 3;
  PnmText text(bytes);
  constexpr std::uint64_t kMaxSide = std::uint64_t{1} << 31;
  const std::uint64_t width = text.number(kMaxSide);
  const std::uint64_t height = text.number(kMaxSide);
  const std::uint64_t maximum = text.number(65535);
  if (binary) text.one_space();
  if (!text.ok() || maximum == 0) return damaged(name, kFormat, "width, height or maximum is missing or out of range");
  // Each sample takes a byte at least, so a short file cannot ask for a large allocation.
  if (height > 0 && width > text.rest().size() / height) return damaged(name, kFormat, "the file ends too early");
  OBSCURA_TRY(Image image, make_image(channels, height, width, name, limits));
  if (binary) return read_binary(text.rest(), std::move(image), maximum, name);
  return read_text(text, std::move(image), maximum, name);
}

}  // namespace obscura::images::detail
