#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "images/image.hpp"

// CIFAR-10 as the data folder holds it, as network inputs [3][32][32] of pixel / 255. What cannot be read is left out.

namespace obscura::compiler::compile::testing {

using Inputs = std::vector<std::vector<double>>;

struct CloseGz {
  void operator()(gzFile file) const { gzclose(file); }
};
using GzFile = std::unique_ptr<gzFile_s, CloseGz>;

/// The next `count` bytes; none where the file ends before.
[[nodiscard]] inline std::vector<std::uint8_t> next_bytes(const GzFile& file, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  if (gzread(file.get(), bytes.data(), static_cast<unsigned>(count)) != static_cast<int>(count)) bytes.clear();
  return bytes;
}

template <class Value>
[[nodiscard]] std::vector<double> scaled(const Value* first, std::size_t count) {
  std::vector<double> input(count);
  std::transform(first, first + count, input.begin(), [](Value pixel) { return pixel / 255.0; });
  return input;
}

/// The first `count` test images, which are as many of each class.
[[nodiscard]] inline Inputs test_images(const std::string& data, std::size_t count) {
  constexpr std::size_t kPixels = 3 * 32 * 32;
  const GzFile file(gzopen((data + "/cifar10/test_batch.bin.gz").c_str(), "rb"));
  Inputs inputs;
  while (file && inputs.size() < count) {
    const auto record = next_bytes(file, 1 + kPixels);
    if (record.empty()) break;
    inputs.push_back(scaled(record.data() + 1, kPixels));
  }
  return inputs;
}

/// `count` of the 50,000 training images, at equal distances in the archive, where one class follows another.
[[nodiscard]] inline Inputs training_images(const std::string& data, std::size_t count) {
  constexpr std::size_t kBlock = 512;
  constexpr std::size_t kAll = 50000;
  const GzFile file(gzopen((data + "/cifar10/cifar10-jpeg.tar.gz").c_str(), "rb"));
  Inputs inputs;
  for (std::size_t at = 0; file && inputs.size() < count;) {
    // A tar header: the name in bytes 0..99, the size as octal digits in 124..135, the kind in byte 156.
    const auto header = next_bytes(file, kBlock);
    if (header.empty() || header[0] == 0) break;
    const std::string text(header.begin(), header.end());
    const std::size_t size = std::strtoull(text.substr(124, 12).c_str(), nullptr, 8);
    const auto bytes = next_bytes(file, (size + kBlock - 1) / kBlock * kBlock);
    if (text[156] != '0' || text.rfind("train/", 0) != 0) continue;
    if (at++ != inputs.size() * kAll / count) continue;
    const auto image = images::decode_image(std::span(bytes).first(std::min(size, bytes.size())), text.c_str());
    if (!image) break;
    inputs.push_back(scaled(image->values.data(), image->values.size()));
  }
  return inputs;
}

}  // namespace obscura::compiler::compile::testing
