#include "images/image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "images/testing/encode.hpp"

namespace obscura::images {
namespace {

using base::ErrorCode;
using testing::Bytes;
using ::testing::ElementsAre;
using testing::encode_jpeg;
using testing::encode_png;
using ::testing::HasSubstr;

base::Result<Image> decode(const Bytes& bytes, const ImageLimits& limits = {}) {
  return decode_image(bytes, "test.img", limits);
}

base::Result<Image> decode(std::string_view text) {
  return decode(Bytes(text.begin(), text.end()));
}

Bytes ramp(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
  return bytes;
}

TEST(Png, GreyAndColourOfEightBitsAreExact) {
  const Bytes samples = ramp(5 * 4 * 3);
  for (const bool interlaced : {false, true}) {
    const auto grey = decode(encode_png(15, 4, 8, PNG_COLOR_TYPE_GRAY, samples, interlaced));
    ASSERT_TRUE(grey) << grey.error().message;
    EXPECT_EQ(grey->channels, 1);
    EXPECT_EQ(grey->width, 15);
    EXPECT_EQ(grey->height, 4);
    EXPECT_EQ(grey->values, std::vector<float>(samples.begin(), samples.end()));
    const auto colour = decode(encode_png(5, 4, 8, PNG_COLOR_TYPE_RGB, samples, interlaced));
    ASSERT_TRUE(colour);
    ASSERT_EQ(colour->channels, 3);
    for (std::size_t i = 0; i < 20; ++i) {
      for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(colour->values[c * 20 + i], samples[3 * i + c]);
    }
  }
}

TEST(Png, SixteenBitsKeepTheirFraction) {
  const auto image = decode(encode_png(3, 1, 16, PNG_COLOR_TYPE_GRAY, {0xff, 0xff, 0x80, 0x00, 0x00, 0x01}));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_THAT(image->values, ElementsAre(255.0F, 32768.0F / 257.0F, 1.0F / 257.0F));
}

TEST(Png, FewBitsAreSpreadOverTheWholeRange) {
  const auto two_bits = decode(encode_png(4, 1, 2, PNG_COLOR_TYPE_GRAY, {0, 1, 2, 3}));
  ASSERT_TRUE(two_bits);
  EXPECT_THAT(two_bits->values, ElementsAre(0, 85, 170, 255));
  const auto one_bit = decode(encode_png(2, 2, 1, PNG_COLOR_TYPE_GRAY, {1, 0, 0, 1}));
  ASSERT_TRUE(one_bit);
  EXPECT_THAT(one_bit->values, ElementsAre(255, 0, 0, 255));
}

TEST(Png, TransparencyIsFlattenedOnBlack) {
  const auto grey = decode(encode_png(2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, {100, 255, 100, 51}));
  ASSERT_TRUE(grey);
  EXPECT_EQ(grey->channels, 1);
  EXPECT_FLOAT_EQ(grey->values[0], 100.0F);
  EXPECT_FLOAT_EQ(grey->values[1], 20.0F);
  const auto colour = decode(encode_png(1, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA, {10, 20, 30, 0}));
  ASSERT_TRUE(colour);
  EXPECT_THAT(colour->values, ElementsAre(0, 0, 0));
  const auto palette = decode(encode_png(3, 1, 8, PNG_COLOR_TYPE_PALETTE, {0, 1, 15}));
  ASSERT_TRUE(palette);
  EXPECT_EQ(palette->channels, 3);
  EXPECT_FLOAT_EQ(palette->values[1], 10.0F * 128.0F / 255.0F);
  EXPECT_FLOAT_EQ(palette->values[2], 150.0F);
}

TEST(Png, EveryTruncationIsRefused) {
  const Bytes good = encode_png(9, 9, 8, PNG_COLOR_TYPE_RGB, ramp(243));
  ASSERT_TRUE(decode(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
}

TEST(Png, EveryFlippedByteBehindTheSignatureIsRefused) {
  const Bytes good = encode_png(9, 9, 8, PNG_COLOR_TYPE_GRAY, ramp(81));
  for (std::size_t i = 8; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] = static_cast<std::uint8_t>(bad[i] ^ 0x40);
    const auto image = decode(bad);
    EXPECT_FALSE(image) << "byte " << i;
  }
}

TEST(Jpeg, GreyAndColourComeCloseToTheOriginal) {
  Bytes samples;
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 24; ++x) {
      for (int c = 0; c < 3; ++c) samples.push_back(static_cast<std::uint8_t>(5 * x + 3 * y + 40 * c));
    }
  }
  const auto colour = decode(encode_jpeg(24, 16, 3, samples));
  ASSERT_TRUE(colour) << colour.error().message;
  ASSERT_EQ(colour->channels, 3);
  EXPECT_EQ(colour->width, 24);
  EXPECT_EQ(colour->height, 16);
  for (std::size_t i = 0; i < colour->pixels(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(colour->values[c * 384 + i], samples[3 * i + c], 4.0);
  }
  const Bytes flat(8 * 8, 77);
  const auto grey = decode(encode_jpeg(8, 8, 1, flat));
  ASSERT_TRUE(grey);
  EXPECT_EQ(grey->channels, 1);
  for (const float value : grey->values) EXPECT_NEAR(value, 77.0F, 1.0F);
}

TEST(Jpeg, EveryTruncationIsRefused) {
  const Bytes good = encode_jpeg(24, 24, 1, ramp(24 * 24));
  ASSERT_TRUE(decode(good));
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    EXPECT_FALSE(decode(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
}

// Each scan costs a walk over the image, and takes a few bytes of the file.
TEST(Jpeg, AsManyScansAsEncodersMakeAreReadAndNoMore) {
  const Bytes flat(16 * 8, 77);
  for (const int scans : {1, 10, 100}) {
    const auto image = decode(encode_jpeg(16, 8, 1, flat, testing::jpeg_scans(scans)));
    ASSERT_TRUE(image) << scans << ": " << image.error().message;
    for (const float value : image->values) EXPECT_NEAR(value, 77.0F, 1.0F);
  }
  for (const int scans : {101, 127}) {
    const auto image = decode(encode_jpeg(16, 8, 1, flat, testing::jpeg_scans(scans)));
    ASSERT_FALSE(image) << scans;
    EXPECT_EQ(image.error().code, ErrorCode::kLimit);
    EXPECT_THAT(image.error().message, HasSubstr("test.img is a JPEG of more than 100 scans"));
  }
}

TEST(Jpeg, FourComponentsAreRefused) {
  const auto image = decode(encode_jpeg(8, 8, 4, Bytes(256, 9)));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(image.error().message, HasSubstr("4 colour components"));
}

TEST(Pnm, ReadsAllFourKinds) {
  const auto p2 = decode("P2\n# a comment\n3 1 # another\n10\n0 5\n10\n");
  ASSERT_TRUE(p2) << p2.error().message;
  EXPECT_THAT(p2->values, ElementsAre(0.0F, 127.5F, 255.0F));
  const auto p3 = decode("P3 1 2 255 1 2 3 4 5 6");
  ASSERT_TRUE(p3);
  EXPECT_THAT(p3->values, ElementsAre(1, 4, 2, 5, 3, 6));
  const auto p5 = decode("P5 2 1 255\n\x01\n");
  ASSERT_TRUE(p5);
  EXPECT_THAT(p5->values, ElementsAre(1, 10));
  const auto p6 = decode(std::string_view("P6 1 1 65535\n\xff\xff\x00\x00\x01\x01", 19));
  ASSERT_TRUE(p6);
  EXPECT_THAT(p6->values, ElementsAre(255.0F, 0.0F, 1.0F));
}

TEST(Pnm, RefusesWhatIsWrong) {
  EXPECT_THAT(decode("P5 2 2 255\nabc").error().message, HasSubstr("the file ends too early"));
  EXPECT_THAT(decode("P5 2 2 255\nabcde").error().message, HasSubstr("5 bytes of pixels where 4 are needed"));
  EXPECT_THAT(decode("P2 1 2 255\n256 1").error().message, HasSubstr("too large"));
  EXPECT_THAT(decode("P2 1 2 255\n1 1 1").error().message, HasSubstr("follows the last pixel"));
  EXPECT_THAT(decode("P2 1 2 255\n1 x").error().message, HasSubstr("not a number"));
  EXPECT_FALSE(decode("P2 1 2 0\n1 1"));
  EXPECT_FALSE(decode("P2 1 2 65536\n1 1"));
  EXPECT_FALSE(decode("P5 0 2 255\n"));
  EXPECT_FALSE(decode("P5 2"));
  EXPECT_FALSE(decode("P5 99999999999999999999 2 255\n1"));
  EXPECT_THAT(decode("P5 1 1 3\n\x04").error().message, HasSubstr("larger than the stated maximum"));
}

TEST(Image, HostileSizesAreRefusedBeforeAllocation) {
  Bytes png = encode_png(4, 4, 8, PNG_COLOR_TYPE_GRAY, ramp(16));
  const auto limited = decode(png, {.max_pixels = 15});
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().code, ErrorCode::kLimit);
  EXPECT_THAT(limited.error().message, HasSubstr("test.img claims 4 x 4 pixels"));
  Bytes jpeg = encode_jpeg(16, 16, 1, Bytes(256, 1));
  EXPECT_EQ(decode(jpeg, {.max_pixels = 255}).error().code, ErrorCode::kLimit);
  for (std::size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0) jpeg[i + 5] = jpeg[i + 7] = 0xff;
  }
  EXPECT_EQ(decode(jpeg).error().code, ErrorCode::kLimit);
  EXPECT_EQ(decode("P5 65536 65536 255\n").error().code, ErrorCode::kCorrupt);
}

TEST(Image, OtherFormatsAndMissingFilesAreNamed) {
  EXPECT_EQ(decode("GIF89a").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode("").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(read_image("/no/such/file.png").error().code, ErrorCode::kNotFound);
}

TEST(Image, ContentDecidesNotTheName) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.write("photo.jpg", encode_png(2, 1, 8, PNG_COLOR_TYPE_GRAY, {3, 4}));
  EXPECT_THAT(read_image(path)->values, ElementsAre(3, 4));
  EXPECT_EQ(read_image(path, {.max_file_bytes = 10}).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace obscura::images
