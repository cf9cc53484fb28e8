#include "artifact/container.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "artifact/detail/container_layout.hpp"
#include "base/bytes.hpp"

namespace obscura::artifact {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

constexpr ArtifactKind kKind = ArtifactKind::kSealedModel;

Bytes pattern(std::size_t size, std::uint8_t seed) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(seed + i * 31 + i / 251);
  return bytes;
}

SigningKey key_of(std::uint8_t fill) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(fill);
  return SigningKey::from_seed(base::Secret(seed));
}

TrustSet trust_in(std::uint8_t fill) {
  TrustSet trust;
  trust.add({key_of(fill).verify_key(), "owner"});
  return trust;
}

ContainerExpectation expect(const TrustSet* trust = nullptr) {
  return {.kind = kKind, .name = "m.sealed", .max_bytes = 100 << 20, .trust = trust};
}

Bytes small_file(const SigningKey* signer = nullptr) {
  ContainerWriter writer(kKind, sha256({}), true);
  writer.add(7, pattern(100, 1));
  writer.add(3, {});
  writer.add(9, pattern(65, 2));
  return writer.finish(signer);
}

// A file with `bytes` changed at `offset` and the front digest made right again, as a forger would.
Bytes reforge(Bytes file, std::size_t offset, std::initializer_list<std::uint8_t> bytes) {
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
  const std::size_t table_bytes = std::min<std::size_t>(file[56] + 256u * file[57], file.size() - kHeaderBytes);
  const Digest front = detail::front_digest(std::span(file).first(128), std::span(file).subspan(128, table_bytes));
  std::copy(front.bytes.begin(), front.bytes.end(), file.begin() + 96);
  return file;
}

TEST(Container, RoundTrips) {
  const Bytes file = small_file();
  EXPECT_EQ(file, small_file());
  const auto reader = ContainerReader::open(file, expect());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE(reader->header().insecure());
  EXPECT_EQ(reader->header().params, sha256({}));
  EXPECT_FALSE(reader->signer());
  ASSERT_EQ(reader->sections().size(), 3u);
  const auto section = reader->section(9).value();
  EXPECT_EQ(Bytes(section.begin(), section.end()), pattern(65, 2));
  EXPECT_TRUE(reader->section(3)->empty());
  EXPECT_EQ(reader->section(8).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(reader->sections()[0].offset % kSmallAlignment, 0u);
}

TEST(Container, MayBeEmpty) {
  const Bytes file = ContainerWriter(kKind).finish();
  const auto reader = ContainerReader::open(file, expect());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE(reader->sections().empty());
}

TEST(Container, EveryFlippedBitOfAPlainFileIsRefused) {
  Bytes file = small_file();
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    const Bytes good = file;
    file[bit / 8] = static_cast<std::uint8_t>(file[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(ContainerReader::open(file, expect())) << "bit " << bit;
    file = good;
  }
}

TEST(Container, EveryFlippedByteOfASignedFileIsRefused) {
  const SigningKey key = key_of(1);
  const TrustSet trust = trust_in(1);
  const Bytes good = small_file(&key);
  ASSERT_TRUE(ContainerReader::open(good, expect(&trust)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1u << (i % 8)));
    EXPECT_FALSE(ContainerReader::open(bad, expect(&trust))) << "byte " << i;
    EXPECT_FALSE(ContainerReader::open(bad, expect())) << "byte " << i << ", without trust";
  }
}

TEST(Container, EveryTruncationAndExtensionIsRefused) {
  const Bytes good = small_file();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(ContainerReader::open(std::span(good).first(size), expect())) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(ContainerReader::open(longer, expect()));
}

TEST(Container, OnlyTrustedSignersAreAccepted) {
  const SigningKey key = key_of(1);
  const TrustSet trust = trust_in(1);
  const TrustSet others = trust_in(2);
  const Bytes file = small_file(&key);
  const auto reader = ContainerReader::open(file, expect(&trust));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->signer()->name, "owner");
  EXPECT_EQ(verify_signed(file, kKind, trust, "m.sealed")->key, key.verify_key());

  const auto unknown = verify_signed(file, kKind, others, "m.sealed");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUntrusted);
  EXPECT_THAT(unknown.error().message, HasSubstr("m.sealed: the signer"));
  EXPECT_EQ(ContainerReader::open(file, expect(&others)).error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(verify_signed(small_file(), kKind, trust, "m").error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(ContainerReader::open(small_file(), expect(&trust)).error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(ContainerReader::open(file, expect())->signer()->key, key.verify_key());
}

// The signature is looked at before the table: a hostile table of an unknown signer is never parsed.
TEST(Container, SignatureComesBeforeTheTable) {
  const SigningKey key = key_of(1);
  const TrustSet others = trust_in(2);
  Bytes file = small_file(&key);
  file[kHeaderBytes + kSignatureBlockBytes] = 0xff;
  EXPECT_EQ(ContainerReader::open(file, expect(&others)).error().code, ErrorCode::kUntrusted);
  EXPECT_EQ(ContainerReader::open(file, expect()).error().code, ErrorCode::kCorrupt);
}

TEST(Container, WrongKindAndSizeAreNamed) {
  const Bytes file = small_file();
  auto wanted = expect();
  wanted.kind = ArtifactKind::kCiphertext;
  EXPECT_EQ(ContainerReader::open(file, wanted).error().code, ErrorCode::kMismatch);
  wanted = expect();
  wanted.max_bytes = file.size() - 1;
  EXPECT_EQ(ContainerReader::open(file, wanted).error().code, ErrorCode::kLimit);
  wanted = expect();
  wanted.max_sections = 2;
  EXPECT_THAT(ContainerReader::open(file, wanted).error().message, HasSubstr("3 entries where at most 2"));
}

TEST(Container, HostileTablesWithRightDigestsAreRefused) {
  const Bytes good = small_file();
  const auto message = [&](std::size_t offset, std::initializer_list<std::uint8_t> bytes) {
    const Bytes bad = reforge(good, offset, bytes);
    const auto reader = ContainerReader::open(bad, expect());
    return reader ? std::string("accepted") : reader.error().message;
  };
  const std::size_t table = kHeaderBytes;
  const std::size_t first = table + detail::kTableHeadBytes;
  const std::size_t second = first + detail::kTableEntryBytes;
  EXPECT_EQ(message(table, {3}), "accepted");
  EXPECT_THAT(message(table, {0xff, 0xff, 0xff, 0xff}), HasSubstr("entries"));
  EXPECT_THAT(message(table, {2}), HasSubstr("does not end the file"));
  EXPECT_THAT(message(table + 4, {1}), HasSubstr("reserved"));
  EXPECT_THAT(message(first + 4, {1}), HasSubstr("reserved"));
  EXPECT_THAT(message(first + 8, {0}), HasSubstr("does not stand where it must"));
  EXPECT_THAT(message(first + 16, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), HasSubstr("does not stand"));
  EXPECT_THAT(message(second, {7}), HasSubstr("section 7 stands there twice"));
  EXPECT_THAT(message(second + 24, {0}), HasSubstr("do not match its root"));
  EXPECT_THAT(message(56, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), HasSubstr("larger than the file"));
}

TEST(Container, LargeSectionsAreCheckedChunkByChunk) {
  ContainerWriter writer(kKind);
  const Bytes large = pattern(3 * kChunkBytes + 5, 9);
  writer.add(1, pattern(10, 1));
  writer.add(2, large);
  Bytes file = writer.finish();
  auto reader = LazyContainerReader::open(file, expect());
  ASSERT_TRUE(reader) << reader.error().message;
  const Section& section = *reader->find(2).value();
  EXPECT_EQ(section.offset % kLargeAlignment, 0u);
  ASSERT_EQ(section.chunks.size(), 4u);
  EXPECT_EQ(chunk_length(section, 3), 5u);
  EXPECT_EQ(reader->copy_section(2).value(), large);
  EXPECT_TRUE(ContainerReader::open(file, expect()));

  file[section.offset + 2 * kChunkBytes + 17] ^= 1;  // after open, as a mapped file may change
  Bytes chunk(kChunkBytes);
  EXPECT_TRUE(reader->copy_chunk(section, 1, chunk));
  EXPECT_TRUE(std::equal(chunk.begin(), chunk.end(), large.begin() + kChunkBytes));
  const auto changed = reader->copy_chunk(section, 2, chunk);
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message, HasSubstr("chunk 2 of section 2 of m.sealed does not match its digest"));
  EXPECT_FALSE(reader->copy_section(2));
  EXPECT_TRUE(reader->copy_section(1));
  EXPECT_FALSE(ContainerReader::open(file, expect()));
}

TEST(Container, FilesHoldTheSameBytes) {
  std::string folder = (std::filesystem::temp_directory_path() / "obscura-container-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/m.sealed";
  const SigningKey key = key_of(4);
  ContainerWriter writer(kKind);
  writer.add(1, pattern(3, 1));
  writer.add(2, pattern(2 * kChunkBytes, 1));
  ASSERT_TRUE(writer.write_file(path, base::kPublicMode, base::Existing::kRefuse, &key));
  EXPECT_EQ(base::read_file(path, 100 << 20).value(), writer.finish(&key));
  EXPECT_FALSE(writer.write_file(path, base::kPublicMode, base::Existing::kRefuse, &key));
  std::filesystem::remove_all(folder);
}

TEST(ContainerDeathTest, SectionIdsAreUsedOnce) {
  ContainerWriter writer(kKind);
  writer.add(1, {});
  EXPECT_DEATH(writer.add(1, {}), "added twice");
}

}  // namespace
}  // namespace obscura::artifact
