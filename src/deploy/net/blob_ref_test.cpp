#include "deploy/net/blob_ref.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace obscura::deploy::net {
namespace {

TEST(BlobRef, IsReadAsItIsWritten) {
  const std::array<std::uint8_t, 3> bytes = {1, 2, 3};
  const BlobRef ref = BlobRef::of(bytes);
  // sha256sum of the three bytes.
  EXPECT_EQ(ref.text(), "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81:3");
  const auto read = BlobRef::parse(ref.text());
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, ref);
}

TEST(BlobRef, RefusesOtherTexts) {
  const std::string hex(64, 'a');
  ASSERT_TRUE(BlobRef::parse(hex + ":18446744073709551615"));
  for (const std::string& text : std::vector<std::string>{"", hex, hex + ":", hex + ":x", hex + ":-1", hex + ":1 ",
                                                          hex.substr(1) + ":1", hex + ":18446744073709551616", ":1"}) {
    const auto read = BlobRef::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, base::ErrorCode::kUsage);
  }
}

}  // namespace
}  // namespace obscura::deploy::net
