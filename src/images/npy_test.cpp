#include "images/npy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace obscura::images {
namespace {

using base::ErrorCode;
using Bytes = std::vector<std::uint8_t>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Number>
Bytes bytes_of(const std::vector<Number>& numbers) {
  Bytes bytes(numbers.size() * sizeof(Number));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

Bytes npy(std::string header, const Bytes& data, std::uint8_t version = 1) {
  header += '\n';
  Bytes file = {0x93, 'N', 'U', 'M', 'P', 'Y', version, 0};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file.push_back(static_cast<std::uint8_t>(header.size() >> (8 * i)));
  file.insert(file.end(), header.begin(), header.end());
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

std::string error_of(const Bytes& file) {
  const auto array = decode_npy(file, "x.npy");
  return array ? "accepted" : array.error().message;
}

const std::vector<float> kNumbers = {1.5F, -2.0F, 3.25F, 0.0F, 5.0F, 6.0F};

TEST(Npy, ReadsTheThreeTypes) {
  const auto f4 =
      decode_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          ", bytes_of(kNumbers)), "x");
  ASSERT_TRUE(f4) << f4.error().message;
  EXPECT_THAT(f4->shape, ElementsAre(2, 3));
  EXPECT_EQ(f4->values, kNumbers);
  const auto f8 = decode_npy(
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", bytes_of(std::vector<double>{0.5, -0.25}), 2),
      "x");
  ASSERT_TRUE(f8) << f8.error().message;
  EXPECT_THAT(f8->values, ElementsAre(0.5F, -0.25F));
  const auto u1 = decode_npy(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", {200}), "x");
  ASSERT_TRUE(u1) << u1.error().message;
  EXPECT_TRUE(u1->shape.empty());
  EXPECT_THAT(u1->values, ElementsAre(200.0F));
}

TEST(Npy, RefusesOtherTypesAndOrders) {
  const auto type =
      decode_npy(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }", bytes_of(kNumbers)), "x");
  ASSERT_FALSE(type);
  EXPECT_EQ(type.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(type.error().message, HasSubstr("type <i4 in C order"));
  EXPECT_THAT(error_of(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }", bytes_of(kNumbers))),
              HasSubstr("Fortran order"));
}

TEST(Npy, RefusesShapesThatDoNotFit) {
  for (const char* shape : {"(5,)", "(7,)", "(2, 4)", "(0,)", "(18446744073709551615, 18446744073709551615)", "()"}) {
    const std::string header = std::string("{'descr': '<f4', 'fortran_order': False, 'shape': ") + shape + ", }";
    EXPECT_THAT(error_of(npy(header, bytes_of(kNumbers))), HasSubstr("shape does not match")) << shape;
  }
}

TEST(Npy, RefusesMalformedHeaders) {
  for (const char* header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), } x",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (6,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 6}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}", "{'descr: '<f4'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,6)}", "{'other': 1}"}) {
    EXPECT_THAT(error_of(npy(header, bytes_of(kNumbers))), HasSubstr("header is malformed")) << header;
  }
}

TEST(Npy, EveryTruncationIsRefused) {
  const Bytes good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", bytes_of(kNumbers));
  EXPECT_EQ(error_of(good), "accepted");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(error_of(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), "accepted") << size;
  }
  Bytes bad = good;
  bad[6] = 4;
  EXPECT_THAT(error_of(bad), HasSubstr("version is 4"));
}

TEST(Npy, RefusesNumbersThatAreNotFinite) {
  auto numbers = kNumbers;
  numbers[4] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", bytes_of(numbers))),
              HasSubstr("number 4 is not finite"));
  EXPECT_THAT(
      error_of(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes_of(std::vector<double>{1e300}))),
      HasSubstr("not finite"));
}

}  // namespace
}  // namespace obscura::images
