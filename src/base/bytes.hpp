#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace obscura::base {

/// Builds a byte string: integers little-endian, doubles as their IEEE-754 bits.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value) { little_endian(value, 2); }
  void u32(std::uint32_t value) { little_endian(value, 4); }
  void u64(std::uint64_t value) { little_endian(value, 8); }
  void f64(double value);
  /// The bytes alone, without a length.
  void bytes(std::span<const std::uint8_t> value);
  /// A u32 length and the characters. The length must fit.
  void string(std::string_view value);
  /// Zeros up to the next multiple of `alignment` (a power of two), counted from the first byte written.
  void align(std::size_t alignment);

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::span<const std::uint8_t> view() const { return bytes_; }
  /// Gives the bytes away and leaves the writer empty.
  [[nodiscard]] std::vector<std::uint8_t> take();

 private:
  void little_endian(std::uint64_t value, int count);
  std::vector<std::uint8_t> bytes_;
};

/// Reads hostile bytes within bounds. The error sticks: after the first one every read returns zero
/// or nothing, so a parser reads field after field and asks once, with finish() or status(), before
/// it uses what it read. Lengths are held against what is left before anything is allocated.
/// The span must outlive the reader and everything that bytes() returned.
class ByteReader {
 public:
  /// `what` names the thing being read in messages, for example "public key in keys/public".
  ByteReader(std::span<const std::uint8_t> source, std::string what);

  [[nodiscard]] std::uint8_t u8() { return static_cast<std::uint8_t>(little_endian(1)); }
  [[nodiscard]] std::uint16_t u16() { return static_cast<std::uint16_t>(little_endian(2)); }
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
  [[nodiscard]] std::uint64_t u64() { return little_endian(8); }
  [[nodiscard]] double f64();
  /// The next `count` bytes, in place.
  [[nodiscard]] std::span<const std::uint8_t> bytes(std::uint64_t count);
  /// What ByteWriter::string wrote, of at most `max_length` characters.
  [[nodiscard]] std::string string(std::size_t max_length);
  /// A u32 number of items of which each takes at least `least_bytes_each` (>= 1) of what follows, and
  /// at most `max`. Safe to reserve memory by.
  [[nodiscard]] std::size_t count(std::size_t max, std::size_t least_bytes_each);
  /// The next u16, which says how what follows is written: one of the versions `first` to `last`, that this program
  /// reads. Another one is no damage: its error is kUnsupported and names both.
  std::uint16_t version(std::uint16_t first, std::uint16_t last);
  /// Skips what ByteWriter::align wrote; the skipped bytes must be zero.
  void align(std::size_t alignment);

  /// Lets a parser report a value that is out of range; the first error wins.
  void reject(std::string_view reason);

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return source_.size() - position_; }
  /// The first error so far (kCorrupt, or of version() kUnsupported), if any.
  [[nodiscard]] Result<void> status() const;
  /// status(), and nothing may be left over.
  [[nodiscard]] Result<void> finish();

 private:
  std::uint64_t little_endian(std::size_t count);
  std::span<const std::uint8_t> source_;
  std::string what_;
  std::size_t position_ = 0;
  std::optional<Error> error_;
};

}  // namespace obscura::base
