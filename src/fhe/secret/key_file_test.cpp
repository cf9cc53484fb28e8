#include "fhe/secret/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "artifact/container.hpp"
#include "base/file.hpp"

namespace obscura::fhe::secret {
namespace {

using base::ErrorCode;

// The least that Argon2id takes: these tests are about the file, not about the cost.
constexpr KdfCost kQuick{1, 8192};

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

KeyFile example() {
  KeyFile file;
  file.info.params.bytes.fill(7);
  file.info.spec.bytes.fill(9);
  file.info.insecure = true;
  file.info.parameters = {1, 2, 3, 4, 5};
  file.labels = {"zero", "", "zwei", "trois"};
  for (std::size_t i = 0; i < 32; ++i) file.secret_seed.bytes[i] = static_cast<std::uint8_t>(i * 5 + 1);
  return file;
}

std::vector<std::uint8_t> encoded(std::string_view passphrase) {
  return encode_key_file(example(), {bytes_of(passphrase), passphrase.empty(), kQuick}).value();
}

void expect_equal(const KeyFile& a, const KeyFile& b) {
  EXPECT_EQ(a.info, b.info);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_TRUE(a.secret_seed == b.secret_seed);
  EXPECT_EQ(a.release_cap, b.release_cap);
}

bool contains(std::span<const std::uint8_t> hay, std::span<const std::uint8_t> needle) {
  return std::search(hay.begin(), hay.end(), needle.begin(), needle.end()) != hay.end();
}

TEST(KeyFile, RoundTripUnderAPassphrase) {
  const auto bytes = encoded("correct horse");
  const auto read = decode_key_file(bytes, "secret", bytes_of("correct horse"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  expect_equal(*read, example());
  EXPECT_FALSE(contains(bytes, example().secret_seed.bytes)) << "the seed stands in the file in the clear";
  EXPECT_FALSE(contains(bytes, bytes_of("trois"))) << "labels stand in the file in the clear";
}

TEST(KeyFile, RoundTripUnprotected) {
  const auto bytes = encoded("");
  const auto read = decode_key_file(bytes, "secret", {});
  ASSERT_TRUE(read.has_value()) << read.error().message;
  expect_equal(*read, example());
}

TEST(KeyFile, TheCapOfReleasesIsReadWhereThereIsOne) {
  KeyFile file = example();
  file.release_cap = 0x123456789;
  const auto bytes = encode_key_file(file, {bytes_of("p"), false, kQuick}).value();
  expect_equal(decode_key_file(bytes, "secret", bytes_of("p")).value(), file);
}

// Programs from before the cap refuse it by its version (docs/formats.md), instead of calling it damaged.
TEST(KeyFile, ACapMakesItVersionTwo) {
  constexpr std::size_t kVersionAt = 8;
  KeyFile file = example();
  EXPECT_EQ(encode_key_file(file, {{}, true, {}}).value()[kVersionAt], 1);
  file.release_cap = 1;
  EXPECT_EQ(encode_key_file(file, {{}, true, {}}).value()[kVersionAt], 2);
}

TEST(KeyFile, SummaryNeedsNoPassphrase) {
  for (const std::string passphrase : {"", "p"}) {
    const auto bytes = encoded(passphrase);
    const auto summary = summarize_key_file(bytes, "secret");
    ASSERT_TRUE(summary.has_value());
    EXPECT_EQ(summary->info, example().info);
    EXPECT_EQ(summary->is_protected, !passphrase.empty());
  }
}

TEST(KeyFile, EveryFileIsSealedAfresh) {
  EXPECT_NE(encoded("p"), encoded("p"));
}

TEST(KeyFile, WrongOrMissingPassphrase) {
  const auto bytes = encoded("correct horse");
  for (const std::string wrong : {"correct horsf", "correct hors", "correct horse ", ""}) {
    const auto read = decode_key_file(bytes, "keys/secret", bytes_of(wrong));
    ASSERT_FALSE(read.has_value()) << wrong;
    EXPECT_EQ(read.error().code, ErrorCode::kSecret) << wrong;
    EXPECT_NE(read.error().message.find("keys/secret"), std::string::npos);
  }
}

TEST(KeyFile, ProtectionMustBeMeant) {
  const auto neither = encode_key_file(example(), {{}, false, kQuick});
  ASSERT_FALSE(neither.has_value());
  EXPECT_EQ(neither.error().code, ErrorCode::kSecret);
  const auto both = encode_key_file(example(), {bytes_of("p"), true, kQuick});
  ASSERT_FALSE(both.has_value());
  EXPECT_EQ(both.error().code, ErrorCode::kSecret);
}

TEST(KeyFile, LimitsOfLabelsAndCost) {
  KeyFile file = example();
  file.labels = {std::string(kMaxLabelBytes + 1, 'x')};
  EXPECT_EQ(encode_key_file(file, {{}, true}).error().code, ErrorCode::kLimit);
  file.labels.assign(kMaxLabels + 1, "");
  EXPECT_EQ(encode_key_file(file, {{}, true}).error().code, ErrorCode::kLimit);
  for (const KdfCost cost : {KdfCost{17, 8192}, KdfCost{1, (std::uint64_t{1} << 30) + 1}, KdfCost{0, 8192}}) {
    EXPECT_EQ(encode_key_file(example(), {bytes_of("p"), false, cost}).error().code, ErrorCode::kLimit);
  }
}

TEST(KeyFile, EveryFlippedOrMissingByteIsRefused) {
  for (const std::string passphrase : {"", "p"}) {
    const auto bytes = encoded(passphrase);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      auto flipped = bytes;
      flipped[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
      EXPECT_FALSE(decode_key_file(flipped, "secret", bytes_of(passphrase)).has_value()) << "byte " << i;
      EXPECT_FALSE(decode_key_file(std::span(bytes).first(i), "secret", bytes_of(passphrase)).has_value());
    }
  }
}

/// The same sections under a header that says something else: what somebody without the passphrase can forge.
std::vector<std::uint8_t> forged(const std::vector<std::uint8_t>& bytes, const artifact::Digest& params, bool insecure,
                                 std::uint32_t changed_section, std::size_t changed_byte) {
  const auto reader =
      artifact::ContainerReader::open(bytes, {artifact::ArtifactKind::kSecretKey, "secret", kMaxKeyFileBytes}).value();
  artifact::ContainerWriter writer(artifact::ArtifactKind::kSecretKey, params, insecure);
  for (std::uint32_t id = 1; id <= 3; ++id) {
    const auto section = reader.section(id).value();
    std::vector<std::uint8_t> copy(section.begin(), section.end());
    if (id == changed_section) copy[changed_byte] ^= 1;
    writer.add(id, std::move(copy));
  }
  return writer.finish();
}

TEST(KeyFile, TheSealBindsTheWholeFile) {
  const auto bytes = encoded("p");
  const auto code = [&](const std::vector<std::uint8_t>& file) {
    const auto read = decode_key_file(file, "secret", bytes_of("p"));
    return read.has_value() ? ErrorCode{} : read.error().code;
  };
  const artifact::Digest params = example().info.params;
  EXPECT_EQ(code(forged(bytes, params, true, 0, 0)), ErrorCode{}) << "an honest copy opens";
  EXPECT_EQ(code(forged(bytes, artifact::Digest{}, true, 0, 0)), ErrorCode::kSecret);
  EXPECT_EQ(code(forged(bytes, params, false, 0, 0)), ErrorCode::kSecret);
  EXPECT_EQ(code(forged(bytes, params, true, 1, 2)), ErrorCode::kSecret) << "parameters";
  EXPECT_EQ(code(forged(bytes, params, true, 2, 24)), ErrorCode::kSecret) << "salt";
  EXPECT_EQ(code(forged(bytes, params, true, 2, 95)), ErrorCode::kSecret) << "specification";
  EXPECT_EQ(code(forged(bytes, params, true, 2, 15)), ErrorCode::kLimit) << "2^56 passes";
  EXPECT_EQ(code(forged(bytes, params, true, 2, 23)), ErrorCode::kLimit) << "2^56 bytes";
  EXPECT_EQ(code(forged(bytes, params, true, 2, 1)), ErrorCode::kCorrupt) << "protection";
  EXPECT_EQ(code(forged(bytes, params, true, 3, 0)), ErrorCode::kSecret);
}

TEST(KeyFile, WrittenForItsOwnerAloneAndNeverOver) {
  const std::string path = testing::TempDir() + "/obscura_key_file_test";
  std::filesystem::remove(path);
  ASSERT_TRUE(write_key_file(path, example(), {bytes_of("p"), false, kQuick}).has_value());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto bytes = base::read_secret_file(path, kMaxKeyFileBytes);
  ASSERT_TRUE(bytes.has_value());
  const auto read = decode_key_file(bytes->reveal_secret(), path, bytes_of("p"));
  ASSERT_TRUE(read.has_value());
  expect_equal(*read, example());
  EXPECT_FALSE(write_key_file(path, example(), {bytes_of("p"), false, kQuick}).has_value());
  std::filesystem::remove(path);
}

TEST(KeyFileSlow, DefaultCostOpens) {
  const auto bytes = encode_key_file(example(), {bytes_of("p")}).value();
  EXPECT_TRUE(decode_key_file(bytes, "secret", bytes_of("p")).has_value());
}

}  // namespace
}  // namespace obscura::fhe::secret
