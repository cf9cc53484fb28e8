#include "artifact/header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace obscura::artifact {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;

Header sample() {
  Header header{.kind = ArtifactKind::kCiphertext, .params = sha256({}), .front = merkle_leaf({})};
  header.flags = kFlagInsecure;
  header.total_bytes = 1000;
  header.table_bytes = 64;
  return header;
}

base::Result<Header> read(std::span<const std::uint8_t> bytes) {
  return read_header(bytes, 1000, ArtifactKind::kCiphertext, "in.ct");
}

TEST(Header, RoundTrips) {
  const auto bytes = write_header(sample());
  ASSERT_EQ(bytes.size(), kHeaderBytes);
  const auto header = read(bytes);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->kind, ArtifactKind::kCiphertext);
  EXPECT_TRUE(header->insecure());
  EXPECT_FALSE(header->is_signed());
  EXPECT_EQ(header->total_bytes, 1000u);
  EXPECT_EQ(header->table_bytes, 64u);
  EXPECT_EQ(header->params, sample().params);
  EXPECT_EQ(header->front, sample().front);
  EXPECT_EQ(read_any_header(bytes, 1000, "x")->kind, ArtifactKind::kCiphertext);
}

TEST(Header, EveryVersionOfAKindIsReadAndNoOther) {
  Header key = sample();
  key.kind = ArtifactKind::kSecretKey;
  for (const std::uint16_t version : std::vector<std::uint16_t>{1, 2}) {
    key.version = version;
    EXPECT_EQ(read_header(write_header(key), 1000, ArtifactKind::kSecretKey, "key")->version, version);
  }
  for (const std::uint16_t version : std::vector<std::uint16_t>{0, 3}) {
    key.version = version;
    const auto refused = read_header(write_header(key), 1000, ArtifactKind::kSecretKey, "key");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("key has format version " + std::to_string(version) +
                                                   "; this program reads versions 1 to 2"));
  }
}

// The layout is a promise to other programs, so it is spelled out once more here.
TEST(Header, LayoutIsFixed) {
  const auto bytes = write_header(sample());
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), std::string("OBSCURA\0", 8));
  EXPECT_EQ(bytes[8], 1);
  EXPECT_EQ(bytes[10], 9);
  EXPECT_EQ(bytes[12], 1);
  EXPECT_EQ(bytes[16] + 256 * bytes[17], 1000);
  EXPECT_EQ(bytes[24], 0xe3);
  EXPECT_EQ(bytes[56], 64);
  EXPECT_EQ(bytes[64], 0);
  EXPECT_EQ(bytes[96], 0x6e);
}

TEST(Header, SaysWhatIsWrong) {
  const auto good = write_header(sample());
  const auto error_with = [&](std::size_t offset, std::uint8_t value) {
    auto bytes = good;
    bytes[offset] = value;
    const auto header = read(bytes);
    return header ? base::Error{ErrorCode::kUsage, "accepted", ""} : header.error();
  };
  EXPECT_THAT(read(std::span(good).first(127)).error().message, HasSubstr("in.ct has 127 bytes"));
  EXPECT_THAT(read({}).error().message, HasSubstr("0 bytes"));
  EXPECT_THAT(error_with(0, 'X').message, HasSubstr("in.ct is not an Obscura file"));
  EXPECT_EQ(error_with(8, 2).code, ErrorCode::kUnsupported);
  EXPECT_THAT(error_with(8, 2).message, HasSubstr("format version 2"));
  EXPECT_EQ(error_with(10, 8).code, ErrorCode::kMismatch);
  EXPECT_THAT(error_with(10, 8).message, HasSubstr("is a sealed model, but an encrypted input is needed"));
  EXPECT_THAT(error_with(10, 99).message, HasSubstr("unknown kind of file (99)"));
  EXPECT_THAT(error_with(12, 4).message, HasSubstr("unknown flags"));
  EXPECT_THAT(error_with(16, 1).message, HasSubstr("has 1000 bytes, but its header says"));
  EXPECT_THAT(error_with(64, 1).message, HasSubstr("reserved"));
}

TEST(Header, EveryKindHasItsOwnDescription) {
  std::vector<std::string> seen;
  for (std::uint16_t kind = 1; kind <= 15; ++kind) {
    const std::string text = describe(static_cast<ArtifactKind>(kind));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("unknown")));
    EXPECT_THAT(seen, ::testing::Not(::testing::Contains(text)));
    seen.push_back(text);
  }
}

}  // namespace
}  // namespace obscura::artifact
