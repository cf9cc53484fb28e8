#include "base/bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace obscura::base {
namespace {

using ::testing::HasSubstr;

TEST(Bytes, WritesLittleEndian) {
  ByteWriter writer;
  writer.u8(0x01);
  writer.u16(0x0302);
  writer.u32(0x07060504);
  writer.string("hi");
  writer.align(8);
  writer.u64(0x0f0e0d0c0b0a0908);
  const std::vector<std::uint8_t> expected = {1,   2, 3, 4, 5, 6, 7,    2,    0,    0,    0,    'h',
                                              'i', 0, 0, 0, 8, 9, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};
  EXPECT_EQ(writer.take(), expected);
  EXPECT_EQ(writer.size(), 0u);
}

TEST(Bytes, ReadsBackWhatWasWritten) {
  ByteWriter writer;
  writer.u8(255);
  writer.u16(65535);
  writer.u32(1);
  writer.u64(std::numeric_limits<std::uint64_t>::max());
  writer.f64(-0.1);
  writer.f64(std::numeric_limits<double>::infinity());
  writer.string("");
  writer.string("obscura");
  writer.align(64);
  writer.bytes(std::vector<std::uint8_t>{9, 8});
  ByteReader reader(writer.view(), "test");
  EXPECT_EQ(reader.u8(), 255);
  EXPECT_EQ(reader.u16(), 65535);
  EXPECT_EQ(reader.u32(), 1u);
  EXPECT_EQ(reader.u64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(reader.f64(), -0.1);
  EXPECT_TRUE(std::isinf(reader.f64()));
  EXPECT_EQ(reader.string(0), "");
  EXPECT_EQ(reader.string(7), "obscura");
  reader.align(64);
  EXPECT_EQ(reader.position(), 64u);
  EXPECT_EQ(reader.remaining(), 2u);
  EXPECT_EQ(reader.bytes(2)[1], 8);
  EXPECT_TRUE(reader.finish());
}

TEST(Bytes, TheFirstErrorSticks) {
  const std::vector<std::uint8_t> source = {1, 2, 3};
  ByteReader reader(source, "the test");
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0u);
  EXPECT_TRUE(reader.bytes(1).empty());
  EXPECT_EQ(reader.string(10), "");
  reader.reject("something later");
  const auto result = reader.finish();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(result.error().message,
              HasSubstr("the test is malformed near byte 0: 4 bytes are needed and 3 are left"));
}

TEST(Bytes, LeftoverBytesAreAnError) {
  const std::vector<std::uint8_t> source = {1, 2, 3};
  ByteReader reader(source, "x");
  (void)reader.u8();
  EXPECT_TRUE(reader.status());
  const auto result = reader.finish();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("2 bytes are left over"));
}

TEST(Bytes, HostileLengthsAllocateNothing) {
  const std::vector<std::uint8_t> huge = {0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8};
  {
    ByteReader reader(huge, "x");
    EXPECT_EQ(reader.string(std::numeric_limits<std::size_t>::max()), "");
    EXPECT_FALSE(reader.ok());
  }
  {
    ByteReader reader(huge, "x");
    EXPECT_EQ(reader.string(100), "");
    EXPECT_THAT(reader.status().error().message, HasSubstr("at most 100"));
  }
  {
    ByteReader reader(huge, "x");
    EXPECT_EQ(reader.count(std::numeric_limits<std::size_t>::max(), 8), 0u);
    EXPECT_THAT(reader.status().error().message, HasSubstr("cannot fit into the 8 bytes"));
  }
  {
    ByteReader reader(huge, "x");
    EXPECT_TRUE(reader.bytes(std::numeric_limits<std::uint64_t>::max()).empty());
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Bytes, CountsAreBoundedFromBothSides) {
  ByteWriter writer;
  writer.u32(2);
  writer.u64(0);
  writer.u64(0);
  ByteReader fits(writer.view(), "x");
  EXPECT_EQ(fits.count(2, 8), 2u);
  EXPECT_TRUE(fits.ok());
  ByteReader too_many(writer.view(), "x");
  EXPECT_EQ(too_many.count(1, 8), 0u);
  EXPECT_FALSE(too_many.ok());
  ByteReader too_large(writer.view(), "x");
  EXPECT_EQ(too_large.count(2, 9), 0u);
  EXPECT_FALSE(too_large.ok());
}

TEST(Bytes, AnotherVersionIsNoDamage) {
  const std::vector<std::uint8_t> source = {3, 0, 1};
  ByteReader known(source, "ticket t");
  EXPECT_EQ(known.version(2, 3), 3u);
  EXPECT_TRUE(known.ok());
  for (const auto& [first, last, words] : {std::tuple(1, 1, "version 1"), std::tuple(1, 2, "versions 1 to 2")}) {
    ByteReader unknown(source, "ticket t");
    (void)unknown.version(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last));
    EXPECT_EQ(unknown.u8(), 0u) << "the error does not stick";
    EXPECT_EQ(unknown.status().error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(unknown.status().error().message,
              std::string("ticket t has format version 3; this program reads ") + words);
  }
  ByteReader cut(std::span<const std::uint8_t>(source).first(1), "ticket t");
  (void)cut.version(1, 1);
  EXPECT_EQ(cut.status().error().code, ErrorCode::kCorrupt);
}

TEST(Bytes, PaddingMustBeZero) {
  const std::vector<std::uint8_t> source = {1, 0, 1, 0};
  ByteReader reader(source, "x");
  (void)reader.u8();
  reader.align(4);
  ASSERT_FALSE(reader.ok());
  EXPECT_THAT(reader.status().error().message, HasSubstr("padding"));
}

}  // namespace
}  // namespace obscura::base
