#include "base/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/check.hpp"

namespace obscura::base {
namespace {

std::size_t padding_to(std::size_t position, std::size_t alignment) {
  OBSCURA_CHECK(std::has_single_bit(alignment), "an alignment is a power of two");
  return (alignment - position % alignment) % alignment;
}

}  // namespace

void ByteWriter::little_endian(std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void ByteWriter::f64(double value) {
  u64(std::bit_cast<std::uint64_t>(value));
}

void ByteWriter::bytes(std::span<const std::uint8_t> value) {
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void ByteWriter::string(std::string_view value) {
  OBSCURA_CHECK(value.size() <= std::numeric_limits<std::uint32_t>::max(), "a string longer than its length field");
  u32(static_cast<std::uint32_t>(value.size()));
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void ByteWriter::align(std::size_t alignment) {
  bytes_.resize(bytes_.size() + padding_to(bytes_.size(), alignment));
}

std::vector<std::uint8_t> ByteWriter::take() {
  return std::exchange(bytes_, {});
}

ByteReader::ByteReader(std::span<const std::uint8_t> source, std::string what)
    : source_(source), what_(std::move(what)) {}

std::span<const std::uint8_t> ByteReader::bytes(std::uint64_t count) {
  if (!ok()) return {};
  if (count > remaining()) {
    reject(fmt::format("{} bytes are needed and {} are left", count, remaining()));
    return {};
  }
  const auto taken = source_.subspan(position_, static_cast<std::size_t>(count));
  position_ += taken.size();
  return taken;
}

std::uint64_t ByteReader::little_endian(std::size_t count) {
  std::uint64_t value = 0;
  int shift = 0;
  for (const std::uint8_t byte : bytes(count)) {
    value |= std::uint64_t{byte} << shift;
    shift += 8;
  }
  return value;
}

double ByteReader::f64() {
  return std::bit_cast<double>(u64());
}

std::string ByteReader::string(std::size_t max_length) {
  const std::uint32_t length = u32();
  if (length > max_length) {
    reject(fmt::format("a text of {} characters where at most {} are allowed", length, max_length));
    return {};
  }
  const auto text = bytes(length);
  return {text.begin(), text.end()};
}

std::size_t ByteReader::count(std::size_t max, std::size_t least_bytes_each) {
  OBSCURA_CHECK(least_bytes_each >= 1, "items without bytes cannot be held against what is left");
  const std::uint32_t items = u32();
  if (items > max) {
    reject(fmt::format("{} entries where at most {} are allowed", items, max));
  } else if (items > remaining() / least_bytes_each) {
    reject(fmt::format("{} entries cannot fit into the {} bytes that are left", items, remaining()));
  }
  return ok() ? items : 0;
}

std::uint16_t ByteReader::version(std::uint16_t first, std::uint16_t last) {
  const std::uint16_t version = u16();
  if (ok() && (version < first || version > last)) {
    const std::string known =
        first == last ? fmt::format("version {}", first) : fmt::format("versions {} to {}", first, last);
    error_ = Error{ErrorCode::kUnsupported,
                   fmt::format("{} has format version {}; this program reads {}", what_, version, known),
                   "use the version of Obscura that made it, or make it again"};
  }
  return version;
}

void ByteReader::align(std::size_t alignment) {
  const auto padding = bytes(padding_to(position_, alignment));
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; })) {
    reject("padding that is not zero");
  }
}

void ByteReader::reject(std::string_view reason) {
  if (!ok()) return;
  error_ = Error{ErrorCode::kCorrupt, fmt::format("{} is malformed near byte {}: {}", what_, position_, reason),
                 "the file may be cut short or damaged: make it or fetch it again"};
}

Result<void> ByteReader::status() const {
  if (error_) return tl::make_unexpected(*error_);
  return {};
}

Result<void> ByteReader::finish() {
  if (remaining() > 0) reject(fmt::format("{} bytes are left over", remaining()));
  return status();
}

}  // namespace obscura::base
