#include "base/bit_pack.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "base/check.hpp"

namespace obscura::base {
namespace {

static_assert(std::endian::native == std::endian::little, "words are stored as they stand in memory");

constexpr std::size_t kWordBytes = 8;

std::uint64_t low_mask(int bits) {
  return ~std::uint64_t{0} >> (64 - bits);
}

std::uint64_t load_word(const std::uint8_t* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, kWordBytes);
  return word;
}

// The value whose first bit is bit `shift` (0..7) of *from; reads nine bytes.
std::uint64_t load_wide(const std::uint8_t* from, unsigned shift, std::uint64_t mask) {
  const std::uint64_t high = from[kWordBytes];
  return ((load_word(from) >> shift) | ((high << 1) << (63 - shift))) & mask;
}

// Values whose nine bytes lie within the packed bytes; the rest is read from a padded copy.
std::size_t values_with_slack(std::size_t packed_bytes, std::size_t count, std::size_t bits) {
  if (packed_bytes < kWordBytes + 1) return 0;
  return std::min(count, (packed_bytes - kWordBytes - 1) * 8 / bits + 1);
}

std::uint64_t unpack_narrow(const std::uint8_t* packed, std::size_t bits, std::span<std::uint64_t> out) {
  const std::uint64_t mask = low_mask(static_cast<int>(bits));
  std::uint64_t largest = 0;
  std::size_t at = 0;
  for (std::uint64_t& value : out) {
    value = (load_word(packed + at / 8) >> (at % 8)) & mask;
    largest = std::max(largest, value);
    at += bits;
  }
  return largest;
}

std::uint64_t unpack_wide(const std::uint8_t* packed, std::size_t bits, std::size_t first_bit,
                          std::span<std::uint64_t> out) {
  const std::uint64_t mask = low_mask(static_cast<int>(bits));
  std::uint64_t largest = 0;
  std::size_t at = first_bit;
  for (std::uint64_t& value : out) {
    value = load_wide(packed + at / 8, static_cast<unsigned>(at % 8), mask);
    largest = std::max(largest, value);
    at += bits;
  }
  return largest;
}

}  // namespace

std::size_t packed_size(std::size_t count, int bits) {
  OBSCURA_CHECK(bits >= 1 && bits <= 64, "values have 1 to 64 bits");
  OBSCURA_CHECK(count <= std::numeric_limits<std::size_t>::max() / 64 - 7, "too many values to pack");
  return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

void pack_bits(std::span<const std::uint64_t> values, int bits, std::span<std::uint8_t> out) {
  OBSCURA_CHECK(out.size() == packed_size(values.size(), bits), "the packed bytes have another size");
  if (values.empty()) return;
  std::uint8_t* to = out.data();
  std::uint64_t pending = 0;
  int filled = 0;
  for (const std::uint64_t value : values) {
    OBSCURA_DCHECK(value <= low_mask(bits), "a value does not fit its bits");
    pending |= value << filled;
    if (filled + bits < 64) {
      filled += bits;
      continue;
    }
    std::memcpy(to, &pending, kWordBytes);
    to += kWordBytes;
    pending = filled == 0 ? 0 : value >> (64 - filled);
    filled += bits - 64;
  }
  std::memcpy(to, &pending, static_cast<std::size_t>(out.data() + out.size() - to));
}

UnpackSummary unpack_bits(std::span<const std::uint8_t> packed, int bits, std::span<std::uint64_t> out) {
  OBSCURA_CHECK(packed.size() == packed_size(out.size(), bits), "the packed bytes have another size");
  if (out.empty()) return {0, true};
  const auto width = static_cast<std::size_t>(bits);
  const std::size_t direct = values_with_slack(packed.size(), out.size(), width);
  const auto head = out.first(direct);
  std::uint64_t largest =
      bits <= 57 ? unpack_narrow(packed.data(), width, head) : unpack_wide(packed.data(), width, 0, head);

  const std::size_t tail_bit = direct * width;
  const auto tail = packed.subspan(std::min(tail_bit / 8, packed.size()));
  std::array<std::uint8_t, 32> padded{};
  OBSCURA_CHECK(tail.size() + kWordBytes + 1 <= padded.size(), "the tail is at most nine bytes");
  std::copy(tail.begin(), tail.end(), padded.begin());
  largest = std::max(largest, unpack_wide(padded.data(), width, tail_bit % 8, out.subspan(direct)));

  const std::size_t used = out.size() * width % 8;
  return {largest, used == 0 || (packed.back() >> used) == 0};
}

}  // namespace obscura::base
