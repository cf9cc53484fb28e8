#include "artifact/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace obscura::artifact {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

SigningKey key_of(std::uint8_t fill) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(fill);
  return SigningKey::from_seed(base::Secret(seed));
}

// RFC 8032, section 7.1, test 1.
TEST(Signature, PublicKeyKnownAnswer) {
  const std::array<std::uint8_t, 32> seed = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                             0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                             0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
  const std::array<std::uint8_t, 32> expected = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
                                                 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
                                                 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
  EXPECT_EQ(SigningKey::from_seed(base::Secret(seed)).verify_key().bytes, expected);
}

TEST(Signature, HoldsForItsKeyContextAndMessageOnly) {
  const SigningKey key = key_of(1);
  const Bytes message = {1, 2, 3};
  const Signature signature = key.sign("test", message);
  EXPECT_TRUE(verify(key.verify_key(), "test", message, signature));
  EXPECT_FALSE(verify(key.verify_key(), "tesu", message, signature));
  EXPECT_FALSE(verify(key.verify_key(), "test", Bytes{1, 2, 4}, signature));
  EXPECT_FALSE(verify(key.verify_key(), "test\x01", Bytes{2, 3}, signature));
  EXPECT_FALSE(verify(key_of(2).verify_key(), "test", message, signature));
}

TEST(Signature, EveryFlippedBitIsRefused) {
  const SigningKey key = key_of(3);
  const Bytes message = {7};
  Signature signature = key.sign("flip", message);
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    signature[bit / 8] = static_cast<std::uint8_t>(signature[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(verify(key.verify_key(), "flip", message, signature)) << "bit " << bit;
    signature[bit / 8] = static_cast<std::uint8_t>(signature[bit / 8] ^ (1u << (bit % 8)));
  }
  EXPECT_TRUE(verify(key.verify_key(), "flip", message, signature));
}

TEST(Signature, GeneratedKeysDiffer) {
  EXPECT_NE(SigningKey::generate().verify_key(), SigningKey::generate().verify_key());
}

TEST(TrustSet, FindsOnlyWhatWasAdded) {
  TrustSet trust;
  const auto unknown = trust.find(key_of(1).verify_key());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::ErrorCode::kUntrusted);
  EXPECT_THAT(unknown.error().message, HasSubstr(fingerprint(key_of(1).verify_key().digest())));
  trust.add({key_of(1).verify_key(), "vendor"});
  EXPECT_EQ(trust.find(key_of(1).verify_key()).value().name, "vendor");
  EXPECT_FALSE(trust.find(key_of(2).verify_key()));
}

}  // namespace
}  // namespace obscura::artifact
