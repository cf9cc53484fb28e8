#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "images/image.hpp"

namespace obscura::images {

/// An idx file of bytes, the format of MNIST and its relatives, plain or gzipped: two zero bytes, the type 8,
/// the number of dimensions, each dimension big-endian in 32 bits, then the values. One dimension: labels.
/// Three: count x height x width. Four: count x channels x height x width.
class IdxFile {
 public:
  /// Errors: kNotFound, kIo, kLimit (1 GiB, unpacked), kCorrupt, kUnsupported (other types or dimensions).
  [[nodiscard]] static base::Result<IdxFile> open(const std::string& path);
  /// The same from the file's bytes; `name` is what messages call it.
  [[nodiscard]] static base::Result<IdxFile> decode(std::vector<std::uint8_t> bytes, const std::string& name);

  [[nodiscard]] std::size_t count() const { return dimensions_[0]; }
  [[nodiscard]] std::span<const std::uint32_t> dimensions() const { return dimensions_; }

  /// Image `index`. Errors: kUsage (out of range; the file holds labels).
  [[nodiscard]] base::Result<Image> image(std::size_t index) const;
  /// Label `index`. Errors: kUsage (out of range; the file holds images).
  [[nodiscard]] base::Result<int> label(std::size_t index) const;

 private:
  IdxFile(std::string path, std::vector<std::uint32_t> dimensions, std::vector<std::uint8_t> values)
      : path_(std::move(path)), dimensions_(std::move(dimensions)), values_(std::move(values)) {}
  [[nodiscard]] base::Result<void> check_index(std::size_t index, const char* what) const;
  std::string path_;
  std::vector<std::uint32_t> dimensions_;
  std::vector<std::uint8_t> values_;
};

/// Whether the first bytes are those of an idx file, or of a gzipped file.
[[nodiscard]] bool is_idx(std::span<const std::uint8_t> bytes);

}  // namespace obscura::images
