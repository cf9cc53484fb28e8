#include "fhe/secret/release_count_file.hpp"

#include <gtest/gtest.h>

#include "artifact/container.hpp"

namespace obscura::fhe::secret {
namespace {

using base::ErrorCode;

/// Of some secret.
CountTagKey tag_key(std::uint8_t secret) {
  random::Seed256 seed;
  seed.bytes.fill(secret);
  return CountTagKey(seed);
}

ReleaseCountFile example() {
  ReleaseCountFile count;
  count.key.bytes.fill(3);
  count.released = 0x0102030405060708;
  return count;
}

TEST(ReleaseCountFile, RoundTrip) {
  const auto bytes = encode_release_count(example(), tag_key(1));
  EXPECT_LE(bytes.size(), kMaxReleaseCountBytes);
  EXPECT_EQ(decode_release_count(bytes, "count", example().key, tag_key(1)).value(), example());
  EXPECT_EQ(inspect_release_count(bytes, "count").value(), example());
}

TEST(ReleaseCountFile, OfAnotherKeyOrByAnotherSecretIsRefused) {
  const auto bytes = encode_release_count(example(), tag_key(1));
  EXPECT_EQ(decode_release_count(bytes, "count", {}, tag_key(1)).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(decode_release_count(bytes, "count", example().key, tag_key(2)).error().code, ErrorCode::kCorrupt);
}

TEST(ReleaseCountFile, EveryFlippedOrMissingByteIsRefused) {
  const auto bytes = encode_release_count(example(), tag_key(1));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto flipped = bytes;
    flipped[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    EXPECT_FALSE(decode_release_count(flipped, "count", example().key, tag_key(1)).has_value()) << "byte " << i;
    EXPECT_FALSE(decode_release_count(std::span(bytes).first(i), "count", example().key, tag_key(1)).has_value());
  }
}

/// What somebody without the secret can make: digests that fit, and no tag.
TEST(ReleaseCountFile, ALowerCountNeedsTheSecret) {
  const auto bytes = encode_release_count(example(), tag_key(1));
  const auto reader =
      artifact::ContainerReader::open(bytes, {artifact::ArtifactKind::kReleaseCount, "count", kMaxReleaseCountBytes})
          .value();
  const auto section = reader.section(1).value();
  std::vector<std::uint8_t> content(section.begin(), section.end());
  content[32] ^= 8;  // the lowest byte of the count
  artifact::ContainerWriter writer(artifact::ArtifactKind::kReleaseCount);
  writer.add(1, content);
  const auto forged = writer.finish();
  EXPECT_LT(inspect_release_count(forged, "count").value().released, example().released);
  EXPECT_EQ(decode_release_count(forged, "count", example().key, tag_key(1)).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace obscura::fhe::secret
