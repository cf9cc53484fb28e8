#include "artifact/identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace obscura::artifact {
namespace {

using base::ErrorCode;
using ::testing::HasSubstr;

class Identity : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "obscura-identity-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string folder_;
};

TEST_F(Identity, BothHalvesRoundTrip) {
  const auto created = create_identity(path("vendor"), "Vendor Ltd");
  ASSERT_TRUE(created) << created.error().message;
  const auto secret = load_secret_identity(path("vendor"));
  ASSERT_TRUE(secret) << secret.error().message;
  const auto open = load_public_identity(path("vendor.pub"));
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(open->key, created->key);
  EXPECT_EQ(secret->key.verify_key(), created->key);
  EXPECT_EQ(secret->public_identity().name, "Vendor Ltd");
  EXPECT_EQ(open->name, "Vendor Ltd");
  EXPECT_EQ(describe(*open), "Vendor Ltd (" + fingerprint(open->key.digest()) + ")");
  const std::vector<std::uint8_t> message = {1, 2};
  EXPECT_TRUE(verify(open->key, "test", message, secret->key.sign("test", message)));
}

TEST_F(Identity, SecretIsForItsOwnerOnly) {
  ASSERT_TRUE(create_identity(path("id"), ""));
  struct stat status {};
  ASSERT_EQ(::stat(path("id").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(describe(load_public_identity(path("id.pub")).value()).size(), 39u);
}

TEST_F(Identity, NothingIsOverwritten) {
  const auto first = create_identity(path("id"), "a");
  ASSERT_TRUE(first);
  EXPECT_EQ(create_identity(path("id"), "b").error().code, ErrorCode::kIo);
  EXPECT_EQ(load_secret_identity(path("id"))->key.verify_key(), first->key);
  ASSERT_TRUE(std::filesystem::remove(path("id")));
  EXPECT_FALSE(create_identity(path("id"), "b"));
  EXPECT_FALSE(std::filesystem::exists(path("id")));
}

TEST_F(Identity, HalvesAreNotConfused) {
  ASSERT_TRUE(create_identity(path("id"), "a"));
  const auto as_public = load_public_identity(path("id"));
  ASSERT_FALSE(as_public);
  EXPECT_EQ(as_public.error().code, ErrorCode::kMismatch);
  EXPECT_THAT(as_public.error().message, HasSubstr("is a secret identity, but a public identity is needed here"));
  EXPECT_FALSE(load_secret_identity(path("id.pub")));
  EXPECT_EQ(load_secret_identity(path("nobody")).error().code, ErrorCode::kNotFound);
}

TEST_F(Identity, NamesAreShortAndPrintable) {
  EXPECT_TRUE(create_identity(path("a"), std::string(64, 'x')));
  EXPECT_EQ(create_identity(path("b"), std::string(65, 'x')).error().code, ErrorCode::kUsage);
  EXPECT_EQ(create_identity(path("c"), "\x1b[31m").error().code, ErrorCode::kUsage);
}

TEST_F(Identity, EveryFlippedByteIsRefused) {
  ASSERT_TRUE(create_identity(path("id"), "name"));
  const auto good = base::read_file(path("id.pub"), 4096).value();
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<std::uint8_t>(bad[i] ^ 0x10);
    std::ofstream(path("bad.pub"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bad.data()), static_cast<std::streamsize>(bad.size()));
    EXPECT_FALSE(load_public_identity(path("bad.pub"))) << "byte " << i;
  }
}

TEST_F(Identity, TrustComesFromFilesAndFolders) {
  std::filesystem::create_directory(path("trusted"));
  const auto a = create_identity(path("trusted/a"), "a");
  const auto b = create_identity(path("trusted/b"), "b");
  const auto c = create_identity(path("c"), "c");
  ASSERT_TRUE(a && b && c);
  const auto trust = load_trust_set(std::vector<std::string>{path("trusted"), path("c.pub")});
  ASSERT_TRUE(trust) << trust.error().message;
  EXPECT_EQ(trust->identities().size(), 3u);
  EXPECT_EQ(trust->find(b->key)->name, "b");
  const auto one = load_trust_set(std::vector<std::string>{path("c.pub")});
  EXPECT_FALSE(one->find(a->key));
  std::filesystem::create_directory(path("empty"));
  EXPECT_EQ(load_trust_set(std::vector<std::string>{path("empty")}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(load_trust_set(std::vector<std::string>{path("no.pub")}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(load_trust_set({})->identities().empty());
}

}  // namespace
}  // namespace obscura::artifact
