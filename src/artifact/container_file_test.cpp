#include "artifact/container_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace obscura::artifact {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes pattern(std::size_t size, std::uint8_t seed) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(seed + i * 29 + i / 257);
  return bytes;
}

class ContainerFileTest : public testing::Test {
 protected:
  ContainerFileTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ContainerFileTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return (folder_ / "file").string(); }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator()));
  }

  // An empty one, small ones, one of a chunk to the byte, one of three chunks and a bit.
  const std::vector<std::pair<std::uint32_t, Bytes>> sections_ = {{7, pattern(100, 1)},
                                                                  {3, {}},
                                                                  {9, pattern(kChunkBytes, 2)},
                                                                  {64, pattern(3 * kChunkBytes + 5, 3)},
                                                                  {2, pattern(65, 4)}};

  [[nodiscard]] base::Result<ContainerFile> create(bool is_signed = false) const {
    std::vector<PlannedSection> planned;
    for (const auto& [id, bytes] : sections_) planned.push_back({id, bytes.size()});
    return create(is_signed, planned);
  }
  [[nodiscard]] base::Result<ContainerFile> create(bool is_signed, const std::vector<PlannedSection>& planned) const {
    return ContainerFile::create(path(), ArtifactKind::kSealedModel, sha256({}), true, is_signed, planned);
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() /
      (std::string("obscura_container_file_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ContainerFileTest, HasTheBytesOfAContainerWriter) {
  std::array<std::uint8_t, 32> seed{};
  const SigningKey key = SigningKey::from_seed(base::Secret(seed));
  for (const SigningKey* signer : {static_cast<const SigningKey*>(nullptr), &key}) {
    ContainerWriter whole(ArtifactKind::kSealedModel, sha256({}), true);
    for (const auto& [id, bytes] : sections_) whole.add(id, bytes);
    auto file = create(signer != nullptr);
    ASSERT_TRUE(file) << file.error().message;
    for (const std::size_t i : {3u, 0u, 4u, 1u, 2u}) ASSERT_TRUE(file->write(sections_[i].first, sections_[i].second));
    ASSERT_TRUE(file->commit(signer));
    EXPECT_EQ(base::read_file(path(), std::uint64_t{1} << 30).value(), whole.finish(signer));
  }
}

TEST_F(ContainerFileTest, IsNotThereBeforeItIsWhole) {
  {
    auto file = create();
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(7, sections_[0].second));
    EXPECT_FALSE(std::filesystem::exists(path()));
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(ContainerFileTest, TakesWhatWasPlannedAndNothingElse) {
  auto file = create();
  ASSERT_TRUE(file);
  EXPECT_DEATH((void)file->write(8, {}), "planned");
  EXPECT_DEATH((void)file->write(7, pattern(99, 1)), "length");
  ASSERT_TRUE(file->write(3, {}));
  EXPECT_DEATH((void)file->write(3, {}), "once");
  EXPECT_DEATH((void)file->commit(), "every section");
  EXPECT_DEATH((void)create(false, {{1, 5}, {1, 6}}), "twice");
}

}  // namespace
}  // namespace obscura::artifact
