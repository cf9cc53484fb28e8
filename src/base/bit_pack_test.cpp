#include "base/bit_pack.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace obscura::base {
namespace {

std::vector<std::uint64_t> random_values(std::size_t count, int bits, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t& value : values) value = random() >> (64 - bits);
  return values;
}

// Bit by bit, as the header defines it.
std::vector<std::uint8_t> pack_slowly(const std::vector<std::uint64_t>& values, int bits) {
  std::vector<std::uint8_t> out(packed_size(values.size(), bits), 0);
  std::size_t at = 0;
  for (const std::uint64_t value : values) {
    for (int b = 0; b < bits; ++b, ++at) {
      out[at / 8] = static_cast<std::uint8_t>(out[at / 8] | (((value >> b) & 1) << (at % 8)));
    }
  }
  return out;
}

TEST(BitPack, AgreesWithTheDefinitionForAllWidths) {
  for (int bits = 1; bits <= 64; ++bits) {
    for (const std::size_t count : {0u, 1u, 2u, 3u, 7u, 8u, 9u, 63u, 64u, 65u, 257u}) {
      const std::uint64_t seed = static_cast<std::uint64_t>(bits) * 1000 + count;
      const auto values = random_values(count, bits, seed);
      std::vector<std::uint8_t> packed(packed_size(count, bits), 0xff);
      pack_bits(values, bits, packed);
      ASSERT_EQ(packed, pack_slowly(values, bits)) << "bits " << bits << ", count " << count << ", seed " << seed;
      std::vector<std::uint64_t> unpacked(count, 1);
      const UnpackSummary summary = unpack_bits(packed, bits, unpacked);
      ASSERT_EQ(unpacked, values) << "bits " << bits << ", count " << count << ", seed " << seed;
      EXPECT_EQ(summary.largest, count == 0 ? 0 : *std::max_element(values.begin(), values.end()));
      EXPECT_TRUE(summary.padding_is_zero);
    }
  }
}

TEST(BitPack, ReportsTheLargestValueWhereverItStands) {
  for (const std::size_t where : {0u, 50u, 98u, 99u}) {
    std::vector<std::uint64_t> values(100, 5);
    values[where] = (std::uint64_t{1} << 50) - 1;
    std::vector<std::uint8_t> packed(packed_size(100, 50));
    pack_bits(values, 50, packed);
    EXPECT_EQ(unpack_bits(packed, 50, values).largest, (std::uint64_t{1} << 50) - 1);
  }
}

TEST(BitPack, SeesBitsBehindTheLastValue) {
  std::vector<std::uint64_t> values(3, 0);
  std::vector<std::uint8_t> packed(packed_size(3, 27), 0);
  ASSERT_EQ(packed.size(), 11u);
  packed.back() = 0x01;
  EXPECT_TRUE(unpack_bits(packed, 27, values).padding_is_zero);
  packed.back() = 0x02;
  EXPECT_FALSE(unpack_bits(packed, 27, values).padding_is_zero);
}

TEST(BitPackDeathTest, RefusesWrongSizes) {
  std::vector<std::uint64_t> values(4);
  std::vector<std::uint8_t> packed(4);
  EXPECT_DEATH(pack_bits(values, 27, packed), "another size");
  EXPECT_DEATH((void)unpack_bits(packed, 27, values), "another size");
  EXPECT_DEATH((void)packed_size(1, 65), "1 to 64");
}

}  // namespace
}  // namespace obscura::base
