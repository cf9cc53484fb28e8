#include "images/tensor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "images/testing/encode.hpp"

namespace obscura::images {
namespace {

using base::ErrorCode;
using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Bytes text(std::string_view value) {
  return {value.begin(), value.end()};
}

const InputSpec kSpec{.channels = 1, .height = 1, .width = 2, .scale = 0.5};

TEST(InputPath, DigitsBehindTheLastColonAreTheNumber) {
  EXPECT_EQ(parse_input_path("a.png")->path, "a.png");
  EXPECT_FALSE(parse_input_path("a.png")->index);
  EXPECT_EQ(parse_input_path("t10k.gz:17")->path, "t10k.gz");
  EXPECT_EQ(parse_input_path("t10k.gz:17")->index, 17u);
  EXPECT_EQ(parse_input_path("a:b:0")->path, "a:b");
  EXPECT_EQ(parse_input_path("a:b")->path, "a:b");
  EXPECT_EQ(parse_input_path("a:")->path, "a:");
  EXPECT_EQ(parse_input_path("a:-1")->path, "a:-1");
  EXPECT_EQ(parse_input_path("").error().code, ErrorCode::kUsage);
  EXPECT_EQ(parse_input_path(":3").error().code, ErrorCode::kUsage);
  EXPECT_EQ(parse_input_path("a:99999999999999999999999").error().code, ErrorCode::kUsage);
}

TEST(ReadTensor, PixelsAreNormalisedAndTensorsTakenAsTheyAre) {
  const testing::TemporaryFolder folder;
  const auto png = folder.write("a", testing::encode_png(2, 1, 8, PNG_COLOR_TYPE_GRAY, {10, 20}));
  const auto idx = folder.write("b", testing::encode_gzip(testing::encode_idx({2, 1, 2}, {1, 2, 30, 40})));
  const auto csv = folder.write("c.csv", text("1,2\n3,4\n"));
  const auto row = folder.write("d.csv", text("5\n6\n"));
  EXPECT_THAT(read_tensor(png, kSpec).value(), ElementsAre(5.0F, 10.0F));
  EXPECT_THAT(read_tensor(idx + ":1", kSpec).value(), ElementsAre(15.0F, 20.0F));
  EXPECT_THAT(read_tensor(csv + ":1", kSpec).value(), ElementsAre(3.0F, 4.0F));
  EXPECT_THAT(read_tensor(row, kSpec).value(), ElementsAre(5.0F, 6.0F));
}

TEST(ReadTensor, NpyGivesAllOrOneEntry) {
  const testing::TemporaryFolder folder;
  Bytes npy = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 58, 0};
  const Bytes header = text("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)}\n");
  ASSERT_EQ(header.size(), 58u);
  npy.insert(npy.end(), header.begin(), header.end());
  npy.insert(npy.end(), {1, 2, 3, 4});
  const auto path = folder.write("a.npy", npy);
  EXPECT_THAT(read_tensor(path + ":1", kSpec).value(), ElementsAre(3.0F, 4.0F));
  EXPECT_THAT(read_tensor(path + ":2", kSpec).error().message, HasSubstr("holds 2 (0..1)"));
  EXPECT_EQ(read_tensor(path, kSpec).error().code, ErrorCode::kMismatch);
}

TEST(ReadTensor, ErrorsNameTheFile) {
  const testing::TemporaryFolder folder;
  const auto png = folder.write("a.png", testing::encode_png(3, 1, 8, PNG_COLOR_TYPE_GRAY, {1, 2, 3}));
  const auto idx = folder.write("b", testing::encode_idx({1, 1, 2}, {1, 2}));
  const auto csv = folder.write("c.csv", text("1,2,3"));
  EXPECT_THAT(read_tensor(png, kSpec).error().message, HasSubstr("a.png: the image has 3 x 1 pixels"));
  EXPECT_THAT(read_tensor(png + ":0", kSpec).error().message, HasSubstr("holds one image"));
  EXPECT_THAT(read_tensor(idx, kSpec).error().hint, HasSubstr("b:0"));
  EXPECT_THAT(read_tensor(idx + ":1", kSpec).error().message, HasSubstr("asks for image 1"));
  EXPECT_THAT(read_tensor(csv, kSpec).error().message,
              HasSubstr("gives 3 numbers and the network wants 2 (1 x 1 x 2)"));
  EXPECT_THAT(read_tensor(csv + ":1", kSpec).error().message, HasSubstr("asks for row 1"));
  EXPECT_EQ(read_tensor(folder.path("none"), kSpec).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obscura::images
