#include "images/idx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "images/testing/encode.hpp"

namespace obscura::images {
namespace {

using base::ErrorCode;
using testing::Bytes;
using ::testing::ElementsAre;
using testing::encode_gzip;
using testing::encode_idx;
using ::testing::HasSubstr;

Bytes digits() {
  return encode_idx({2, 1, 3}, {1, 2, 3, 4, 5, 6});
}

TEST(Idx, ReadsPlainAndGzippedImages) {
  const testing::TemporaryFolder folder;
  for (const std::string& path : {folder.write("a", digits()), folder.write("a.gz", encode_gzip(digits()))}) {
    const auto file = IdxFile::open(path);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->count(), 2u);
    EXPECT_THAT(file->dimensions(), ElementsAre(2, 1, 3));
    const auto image = file->image(1);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->channels, 1);
    EXPECT_EQ(image->height, 1);
    EXPECT_EQ(image->width, 3);
    EXPECT_THAT(image->values, ElementsAre(4, 5, 6));
    const auto beyond = file->image(2);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, ErrorCode::kUsage);
    EXPECT_EQ(beyond.error().message, "asks for image 2 but " + path + " holds 2 (0..1)");
    EXPECT_EQ(file->label(0).error().code, ErrorCode::kUsage);
  }
}

TEST(Idx, ReadsLabelsAndColourImages) {
  const auto labels = IdxFile::decode(encode_idx({3}, {7, 8, 9}), "labels");
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->label(2).value(), 9);
  EXPECT_THAT(labels->label(3).error().message, HasSubstr("asks for label 3"));
  EXPECT_THAT(labels->image(0).error().message, HasSubstr("holds labels"));
  const auto colour = IdxFile::decode(encode_idx({1, 3, 1, 1}, {7, 8, 9}), "colour");
  ASSERT_TRUE(colour);
  EXPECT_EQ(colour->image(0)->channels, 3);
}

TEST(Idx, RefusesWhatIsWrong) {
  const auto error = [](Bytes bytes) {
    const auto file = IdxFile::decode(std::move(bytes), "x");
    return file ? base::Error{ErrorCode::kUsage, "accepted", ""} : file.error();
  };
  const Bytes good = digits();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(error(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).message, "accepted") << size;
  }
  const Bytes packed = encode_gzip(good);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    EXPECT_EQ(error(Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size))).code,
              ErrorCode::kCorrupt)
        << size;
  }
  Bytes bad = packed;
  bad.push_back(0);
  EXPECT_EQ(error(bad).code, ErrorCode::kCorrupt);
  bad = good;
  bad.push_back(0);
  EXPECT_THAT(error(bad).message, HasSubstr("7 values where its dimensions say 6"));
  bad = good;
  bad[0] = 1;
  EXPECT_THAT(error(bad).message, HasSubstr("magic"));
  bad = good;
  bad[2] = 0x0d;
  EXPECT_EQ(error(bad).code, ErrorCode::kUnsupported);
  bad = good;
  bad[3] = 2;
  EXPECT_EQ(error(bad).code, ErrorCode::kUnsupported);
  EXPECT_EQ(error(encode_idx({0xffffffff, 0xffffffff, 0xffffffff}, {1})).code, ErrorCode::kCorrupt);
  EXPECT_EQ(error(encode_idx({0, 1, 1}, {})).code, ErrorCode::kCorrupt);
}

// The real data set, where it is available: known labels, and image 0 is a 7 of known ink.
TEST(Idx, ReadsMnist) {
  const char* data = std::getenv("OBSCURA_DATA");
  const char* ci = std::getenv("CI");
  if (data == nullptr) {
    ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << "OBSCURA_DATA must name the data folder in CI";
    GTEST_SKIP() << "OBSCURA_DATA is not set";
  }
  const auto labels = IdxFile::open(std::string(data) + "/mnist/t10k-labels-idx1-ubyte.gz");
  ASSERT_TRUE(labels) << labels.error().message;
  const auto images = IdxFile::open(std::string(data) + "/mnist/t10k-images-idx3-ubyte.gz");
  ASSERT_TRUE(images) << images.error().message;
  EXPECT_EQ(labels->count(), 10000u);
  EXPECT_THAT(images->dimensions(), ElementsAre(10000, 28, 28));
  EXPECT_EQ(labels->label(0).value(), 7);
  EXPECT_EQ(labels->label(1).value(), 2);
  EXPECT_EQ(labels->label(9999).value(), 6);
  const auto first = images->image(0);
  ASSERT_TRUE(first);
  float ink = 0;
  for (const float value : first->values) ink += value;
  EXPECT_EQ(ink, 18454.0F);
}

}  // namespace
}  // namespace obscura::images
